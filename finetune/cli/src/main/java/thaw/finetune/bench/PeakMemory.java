package thaw.finetune.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** The peak resident memory of this process so far, including the Java heap, the JIT compiler and native libraries. */
public final class PeakMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String HIGH_WATER = "VmHWM:";

    private PeakMemory() {
    }

    /** The peak in MiB; empty on systems other than Linux, which do not report it here. */
    public static OptionalDouble mebibytes() {
        try {
            // The file contains the program's name byte for byte, so it may be invalid as UTF-8.
            return Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1).stream().filter(line -> line.startsWith(HIGH_WATER))
                    .mapToDouble(line -> Long.parseLong(line.substring(HIGH_WATER.length()).replace("kB", "").strip()) / 1024.0)
                    .findFirst();
        } catch (IOException elsewhere) {
            return OptionalDouble.empty();
        }
    }
}
