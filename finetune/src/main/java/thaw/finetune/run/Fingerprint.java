package thaw.finetune.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Sample;

/** SHA-256 of what a run began with, by which a change is noticed. */
public final class Fingerprint {

    private Fingerprint() {
    }

    public static String ofFile(Path file) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Of names and labels, not of the pictures themselves, which would take as long as to train on them once. */
    public static String ofImages(ImageFolder data) {
        MessageDigest digest = sha256();
        for (List<Sample> part : List.of(data.train(), data.valid())) {
            for (Sample sample : part) {
                String line = data.root().relativize(sample.file()) + "\t" + sample.labels() + "\n";
                digest.update(line.getBytes(StandardCharsets.UTF_8));
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
