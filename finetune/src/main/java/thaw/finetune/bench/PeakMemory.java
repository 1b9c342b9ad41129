package thaw.finetune.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** The most memory that this process has had in RAM so far, all of it: Java's heap, its compiler, libraries. */
public final class PeakMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String HIGH_WATER = "VmHWM:";

    private PeakMemory() {
    }

    /** MiB; empty where the system does not tell, as others than Linux do not. */
    public static OptionalDouble mebibytes() {
        try {
            // Not UTF-8: the file has the program's name as it is.
            return Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1).stream().filter(line -> line.startsWith(HIGH_WATER))
                    .mapToDouble(line -> Long.parseLong(line.substring(HIGH_WATER.length()).replace("kB", "").strip()) / 1024.0)
                    .findFirst();
        } catch (IOException elsewhere) {
            return OptionalDouble.empty();
        }
    }
}
