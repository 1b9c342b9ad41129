package thaw.kernels.opencl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Whether the system has an OpenCL library, determined from the loader's search path. JOCL would find out too, but prints
 * a message about a missing library to standard output, which is reserved for a command's result.
 */
final class SystemLibrary {

    private static final String LINUX = "libOpenCL.so";

    private SystemLibrary() {
    }

    static boolean isPresent() {
        return isPresent(System.getProperty("os.name").toLowerCase(Locale.ROOT), Path.of("/"),
                System.getenv().getOrDefault("LD_LIBRARY_PATH", ""));
    }

    /**
     * @param os   in lower case; on systems other than Linux the result is true, and JOCL finds out
     * @param root of the file system
     * @param path folders, separated by colons, that the loader searches first
     */
    static boolean isPresent(String os, Path root, String path) {
        if (!os.startsWith("linux")) {
            return true;
        }
        Stream<Path> named = Arrays.stream(path.split(":")).filter(folder -> !folder.isEmpty()).map(Path::of);
        Stream<Path> usual = Stream.of("lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib").map(root::resolve);
        return isInCache(root.resolve("etc/ld.so.cache")) || Stream.concat(named, usual).anyMatch(SystemLibrary::holds);
    }

    private static boolean holds(Path folder) {
        return Files.exists(folder.resolve(LINUX)) || Files.exists(folder.resolve(LINUX + ".1"));
    }

    /** The loader's cache lists all libraries in the folders that the system's configuration names: binary, with plain names. */
    private static boolean isInCache(Path cache) {
        try {
            return new String(Files.readAllBytes(cache), StandardCharsets.ISO_8859_1).contains(LINUX);
        } catch (IOException none) {
            return false;
        }
    }
}
