package thaw.kernels.opencl;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Detects whether a driver that compiles with LLVM, such as PoCL and Mesa's drivers, can take Java's signal handler away.
 *
 * <p>Compiled Java code reads through null references and polls for safepoints on purpose, and continues in its SIGSEGV
 * handler. When LLVM compiles a kernel, it installs its own handler in that place, which is valid for one signal
 * ({@code SA_RESETHAND}) and then restores the previous one. The first such fault after a compilation is thereby handled;
 * but if a second thread faults before the restoration, the system finds no handler at all and ends the process, without a
 * message from Java. Java's library {@code libjsig.so}, loaded before all others, keeps Java's handler first and LLVM's
 * behind it ("Signal Chaining" in the JDK's troubleshooting guide).
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
            logger.log(Level.WARNING, "OpenCL: the driver of {0} compiles with LLVM, which replaces the SIGSEGV handler of"
                    + " Java and can end the process; start Java with LD_PRELOAD={1}/lib/libjsig.so", device.name(),
                    System.getProperty("java.home"));
        }
    }

    /**
     * Whether the driver compiles with LLVM and libjsig is not loaded. False if the system does not list the loaded
     * libraries; Linux does.
     */
    static boolean isMissing(OpenClDevice device) {
        try {
            return Files.isReadable(LIBRARIES)
                    && isMissing(device.platform(), Files.readString(LIBRARIES, StandardCharsets.ISO_8859_1));
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** @param libraries a process's mapped files, in Linux's format */
    static boolean isMissing(String platform, String libraries) {
        return PLATFORMS_WITH_LLVM.contains(platform) && !libraries.contains("/libjsig.so");
    }
}
