package thaw.kernels;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;

/** The folder for results measured or computed on this machine and reused by later runs, inside the user's cache folder. */
public final class CacheFolder {

    private CacheFolder() {
    }

    /**
     * The folder, which may not exist yet: the system property {@code thaw.cache}, or the operating system's cache
     * folder.
     */
    public static Path path() {
        String named = System.getProperty("thaw.cache");
        return named != null ? Path.of(named)
                : path(System.getProperty("os.name"), Path.of(System.getProperty("user.home")), System.getenv());
    }

    /**
     * Writes a file of the cache, in a folder that is made if it is missing. It is replaced as a whole: of processes that write at
     * once, one leaves its file. Its content is on the disk before its name is.
     *
     * @throws IOException if writing fails; an existing file is unchanged then
     */
    public static void write(Path file, byte[] content) throws IOException {
        Files.createDirectories(file.getParent());
        Path draft = Files.createTempFile(file.getParent(), "draft", null);
        try {
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                for (ByteBuffer rest = ByteBuffer.wrap(content); rest.hasRemaining();) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Thaw's folder in the cache folder of the named operating system, for a home folder and an environment. */
    public static Path path(String os, Path home, Map<String, String> environment) {
        String system = os.toLowerCase(Locale.ROOT);
        if (system.startsWith("windows")) {
            String local = environment.get("LOCALAPPDATA");
            return (local == null ? home.resolve("AppData").resolve("Local") : Path.of(local)).resolve("thaw");
        }
        if (system.startsWith("mac")) {
            return home.resolve("Library").resolve("Caches").resolve("thaw");
        }
        String cache = environment.get("XDG_CACHE_HOME");
        // XDG paths that are not absolute are to be ignored (XDG Base Directory Specification).
        boolean isAbsolute = cache != null && cache.startsWith("/");
        return (isAbsolute ? Path.of(cache) : home.resolve(".cache")).resolve("thaw");
    }
}
