package thaw.finetune.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** SHA-256 of the weights that a run starts from; a resumed run compares it to detect a change. */
public final class Fingerprint {

    private Fingerprint() {
    }

    /**
     * The digest of a file, in hexadecimal. For a folder, or for the {@code .index.json} of weights in several files, the
     * digest is over all files of that folder in the order of their names.
     */
    public static String ofFile(Path file) throws IOException {
        List<Path> files = List.of(file);
        if (Files.isDirectory(file) || file.toString().endsWith(".index.json")) {
            Path folder = Files.isDirectory(file) ? file : file.toAbsolutePath().getParent();
            try (Stream<Path> inside = Files.list(folder)) {
                files = inside.filter(Files::isRegularFile).sorted().toList();
            }
        }
        MessageDigest digest = sha256();
        for (Path one : files) {
            try (InputStream in = new DigestInputStream(Files.newInputStream(one), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("SHA-256 is required of every Java platform", impossible);
        }
    }
}
