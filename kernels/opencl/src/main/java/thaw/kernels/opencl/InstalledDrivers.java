package thaw.kernels.opencl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The OpenCL drivers installed on the system, found without loading one: on Linux each is a file {@code *.icd} that
 * contains its library's name, in {@code /etc/OpenCL/vendors} or the folder in the variable {@code OCL_ICD_VENDORS}.
 */
final class InstalledDrivers {

    /** PoCL runs kernels on the CPU, unless its variable {@code POCL_DEVICES} selects others, as in {@code cuda}. */
    private static final String FOR_PROCESSORS = "libpocl";

    private InstalledDrivers() {
    }

    /** Whether there can be no graphics card, so that querying OpenCL, which takes a while, is pointless. */
    static boolean areForProcessorsOnly() {
        return !System.getenv().containsKey("POCL_DEVICES")
                && areForProcessorsOnly(System.getProperty("os.name").toLowerCase(Locale.ROOT),
                        Path.of(System.getenv().getOrDefault("OCL_ICD_VENDORS", "/etc/OpenCL/vendors")));
    }

    /** @param os in lower case; on systems other than Linux, and if the folder cannot be read, the result is false */
    static boolean areForProcessorsOnly(String os, Path folder) {
        if (!os.startsWith("linux") || !Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> drivers = files.filter(file -> file.toString().endsWith(".icd")).toList();
            for (Path driver : drivers) {
                if (!Files.readString(driver).contains(FOR_PROCESSORS)) {
                    return false;
                }
            }
            return !drivers.isEmpty();
        } catch (IOException unreadable) {
            return false;
        }
    }
}
