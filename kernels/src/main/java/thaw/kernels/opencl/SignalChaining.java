package thaw.kernels.opencl;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Whether Java keeps its signals beside a driver that compiles with LLVM, as PoCL and Mesa's drivers do.
 *
 * <p>Compiled Java reads through null references and polls for safepoints on purpose, and goes on in its handler of SIGSEGV.
 * LLVM, when it compiles a kernel, installs a handler of its own in that place, which is good for one signal
 * ({@code SA_RESETHAND}) and then restores the one before. The first such fault after a compilation passes so; but where a
 * second thread faults before the restoring is done, the system finds no handler at all and ends the process, without a word
 * from Java. Java's library {@code libjsig.so}, loaded before all others, keeps Java's handler first and LLVM's behind it
 * ("Signal Chaining" in the JDK's guide to troubleshooting).
 */
final class SignalChaining {

    private static final Path LIBRARIES = Path.of("/proc/self/maps");

    private static final Set<String> PLATFORMS_WITH_LLVM = Set.of("Portable Computing Language", "Clover", "rusticl");

    private SignalChaining() {
    }

    /** Logs a warning if the driver of this device can end the process. */
    static void warnIfMissing(OpenClDevice device) {
        if (isMissing(device)) {
            Logger logger = System.getLogger(SignalChaining.class.getPackageName());
            logger.log(Level.WARNING, "OpenCL: the driver of {0} compiles with LLVM, which takes the signal SIGSEGV from Java; now"
                    + " and then that ends the process. Start it with LD_PRELOAD={1}/lib/libjsig.so", device.name(),
                    System.getProperty("java.home"));
        }
    }

    /** False where the system doesn't tell which libraries are loaded; Linux does. */
    static boolean isMissing(OpenClDevice device) {
        try {
            return Files.isReadable(LIBRARIES)
                    && isMissing(device.platform(), Files.readString(LIBRARIES, StandardCharsets.ISO_8859_1));
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** @param libraries a process's mapped files, as Linux lists them */
    static boolean isMissing(String platform, String libraries) {
        return PLATFORMS_WITH_LLVM.contains(platform) && !libraries.contains("/libjsig.so");
    }
}
