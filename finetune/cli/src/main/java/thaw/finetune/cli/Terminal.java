package thaw.finetune.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The terminal on standard error. Java itself cannot detect one; the launcher passes its width in the property
 * {@code thaw.terminal}.
 */
final class Terminal {

    private static final String PROPERTY = "thaw.terminal";
    private static final int USUAL_WIDTH = 80;

    private Terminal() {
    }

    /** The width in columns; 0 if standard error is not a terminal. */
    static int width() {
        Integer told = Integer.getInteger(PROPERTY);
        if (told != null) {
            return told > 0 ? told : USUAL_WIDTH;
        }
        return standardErrorIsDevice() ? USUAL_WIDTH : 0;
    }

    /** Without the launcher, on Linux: whether file descriptor 2 links to a terminal device. */
    private static boolean standardErrorIsDevice() {
        Path descriptor = Path.of("/proc/self/fd/2");
        try {
            return Files.isSymbolicLink(descriptor)
                    && (descriptor.toRealPath().startsWith("/dev/pts") || descriptor.toRealPath().startsWith("/dev/tty"));
        } catch (IOException unknown) {
            return false;
        }
    }

    /**
     * Erases Java's line "WARNING: Using incubator modules" from a terminal. Java writes it to standard error before any code
     * of a program runs, and has no option to suppress it.
     */
    static void eraseIncubatorWarning(PrintStream err) {
        boolean warned = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        boolean obeys = !"dumb".equals(System.getenv("TERM"));
        if (warned && obeys && width() > 0) {
            err.print("\u001b[1A\u001b[2K\r");
            err.flush();
        }
    }
}
