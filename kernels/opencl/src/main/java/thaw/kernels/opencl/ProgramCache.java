package thaw.kernels.opencl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import thaw.kernels.CacheFolder;

/**
 * Compiled programs of earlier processes: a file for each device, driver, source and set of options, so that what another
 * driver or another version of a kernel left is never found. It begins with a digest of all that and of the binary: drivers
 * do not survive every damaged binary. A file that cannot be read is as good as none, and one that cannot be written costs
 * the next process a compilation; neither is reported.
 */
final class ProgramCache {

    /** Keeps nothing, for devices that try many programs once. */
    static final ProgramCache NONE = new ProgramCache(null);

    private static final int NAME_DIGITS = 32;
    private static final int DIGEST_BYTES = 32;

    private final Path folder;

    /** @param cache the folder for data kept between runs; need not exist */
    static ProgramCache in(Path cache) {
        return new ProgramCache(cache.resolve("opencl-programs"));
    }

    private ProgramCache(Path folder) {
        this.folder = folder;
    }

    /** The digest of all that a binary depends on. */
    static byte[] identity(OpenClDevice device, String source, String options) {
        return digest(String.join("\0", device.name(), device.vendor(), device.platform(), device.platformVersion(), device.version(),
                device.driver(), options, source).getBytes(StandardCharsets.UTF_8));
    }

    Optional<byte[]> read(byte[] identity) {
        if (folder == null) {
            return Optional.empty();
        }
        try {
            byte[] file = Files.readAllBytes(file(identity));
            byte[] binary = Arrays.copyOfRange(file, Math.min(DIGEST_BYTES, file.length), file.length);
            boolean isWhole = binary.length > 0 && Arrays.equals(digest(identity, binary), 0, DIGEST_BYTES, file, 0, DIGEST_BYTES);
            return isWhole ? Optional.of(binary) : Optional.empty();
        } catch (IOException | SecurityException none) {
            return Optional.empty();
        }
    }

    /** Replaces the file as a whole. */
    void write(byte[] identity, byte[] binary) {
        if (folder == null || binary.length == 0) {
            return;
        }
        byte[] file = Arrays.copyOf(digest(identity, binary), DIGEST_BYTES + binary.length);
        System.arraycopy(binary, 0, file, DIGEST_BYTES, binary.length);
        try {
            CacheFolder.write(file(identity), file);
        } catch (IOException | SecurityException unwritable) {
            // The next process compiles again.
        }
    }

    private Path file(byte[] identity) {
        return folder.resolve(HexFormat.of().formatHex(identity).substring(0, NAME_DIGITS));
    }

    private static byte[] digest(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
