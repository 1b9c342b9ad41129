package thaw.finetune.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Sample;

/**
 * By which other pictures than a run began with are noticed, without reading them all, which would take as long as to train on
 * them once: SHA-256 of what the file system knows.
 *
 * @param names    of names and labels
 * @param sizes    of files' sizes: where they differ, so do the pictures
 * @param modified of the times at which they were written, which may differ where nothing else does: in a copy, say
 */
public record PictureFingerprint(String names, String sizes, String modified) {

    /** Of pictures that nobody has looked at yet. */
    static final PictureFingerprint NONE = new PictureFingerprint("", "", "");

    static PictureFingerprint of(ImageFolder data) {
        MessageDigest names = Fingerprint.sha256();
        MessageDigest sizes = Fingerprint.sha256();
        MessageDigest modified = Fingerprint.sha256();
        for (List<Sample> part : List.of(data.train(), data.valid())) {
            for (Sample sample : part) {
                update(names, data.root().relativize(sample.file()) + "\t" + sample.labels());
                try {
                    BasicFileAttributes file = Files.readAttributes(sample.file(), BasicFileAttributes.class);
                    update(sizes, String.valueOf(file.size()));
                    update(modified, file.lastModifiedTime().toString());
                } catch (IOException missing) {
                    // A table may name files that aren't there, which count as broken pictures.
                    update(sizes, "missing");
                    update(modified, "missing");
                }
            }
        }
        return new PictureFingerprint(hex(names), hex(sizes), hex(modified));
    }

    private static void update(MessageDigest digest, String line) {
        digest.update((line + '\n').getBytes(StandardCharsets.UTF_8));
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
