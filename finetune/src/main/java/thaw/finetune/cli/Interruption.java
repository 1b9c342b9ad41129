package thaw.finetune.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * While it is open, Ctrl-C, or the system's wish that the program end, asks for a stop; the second time it ends the program at
 * once. A shutdown hook would not do: Java lets no second signal through while it waits for the first one's.
 */
final class Interruption implements AutoCloseable {

    /** What shells give programs that ended by SIGINT: 128 and the signal's number. */
    static final int EXIT_CODE = 130;

    private final Map<Signal, SignalHandler> before = new LinkedHashMap<>();
    private volatile boolean asked;

    /** @param stop is called at the first signal, on a thread of its own */
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
                // Java was told to leave signals alone (-Xrs): they end the program, as they would without this.
                continue;
            }
        }
    }

    boolean asked() {
        return asked;
    }

    @Override
    public void close() {
        before.forEach(Signal::handle);
    }
}
