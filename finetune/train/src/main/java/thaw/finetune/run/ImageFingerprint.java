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
 * Digests of an image folder's file attributes; a resumed run compares them to detect changed images. Reading all files
 * instead would take as long as one epoch of training.
 *
 * @param names    SHA-256 of the files' names and labels
 * @param sizes    SHA-256 of the files' sizes; a difference means different images
 * @param modified SHA-256 of the files' modification times, which may differ between equal images, for example in a copy
 */
public record ImageFingerprint(String names, String sizes, String modified) {

    static ImageFingerprint of(ImageFolder data) {
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
                    // A table may name files that do not exist, which count as broken images.
                    update(sizes, "missing");
                    update(modified, "missing");
                }
            }
        }
        return new ImageFingerprint(hex(names), hex(sizes), hex(modified));
    }

    private static void update(MessageDigest digest, String line) {
        digest.update((line + '\n').getBytes(StandardCharsets.UTF_8));
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
