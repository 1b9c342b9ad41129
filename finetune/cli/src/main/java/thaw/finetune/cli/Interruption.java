package thaw.finetune.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Signal handling while a command runs: the first SIGINT (Ctrl-C) or SIGTERM requests a stop, the second ends the process at
 * once. Closing restores the previous handlers. A shutdown hook would not do, because Java handles no second signal while the
 * hooks run.
 */
final class Interruption implements AutoCloseable {

    /** The shell's exit code for a process ended by SIGINT: 128 plus the signal's number. */
    static final int EXIT_CODE = 130;
    private static final int SIGNALLED = 128;

    private final Map<Signal, SignalHandler> before = new LinkedHashMap<>();
    private volatile boolean asked;

    /** @param stop called at the first signal, on a separate thread */
    Interruption(Runnable stop) {
        for (String name : new String[] {"INT", "TERM"}) {
            Signal signal = new Signal(name);
            try {
                before.put(signal, Signal.handle(signal, received -> {
                    if (asked) {
                        Runtime.getRuntime().halt(EXIT_CODE);
                    }
                    asked = true;
                    stop.run();
                }));
            } catch (IllegalArgumentException taken) {
                // With -Xrs Java leaves signals to the system: they end the process.
                continue;
            }
        }
    }

    boolean asked() {
        return asked;
    }

    @Override
    public void close() {
        before.forEach((signal, handler) -> {
            try {
                Signal.handle(signal, handler);
            } catch (NullPointerException unknown) {
                // OpenCL drivers set and reset handlers by themselves, after which Java has lost its own; this one does the same.
                Signal.handle(signal, received -> Runtime.getRuntime().exit(SIGNALLED + received.getNumber()));
            }
        });
    }
}
