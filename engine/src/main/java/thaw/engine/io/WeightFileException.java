package thaw.engine.io;

import java.io.IOException;

/**
 * Thrown for a weight file that violates its format or has unsupported content; the message names the file and the remedy.
 */
public class WeightFileException extends IOException {

    private static final long serialVersionUID = 1L;

    /** @param message names the file, the fault and, where there is one, the remedy */
    public WeightFileException(String message) {
        super(message);
    }

    /** @param message names the file, the fault and, where there is one, the remedy */
    public WeightFileException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * The same exception with more before its message. The readers of this package leave out the file's name, which
     * {@link Weights} adds for all of them.
     */
    WeightFileException prefixed(String prefix) {
        return new WeightFileException(prefix + getMessage(), this);
    }

    /** A name from a file, formatted for a message: quoted, at most 120 characters, without control characters. */
    static String quote(String name) {
        String shown = name.length() > 120 ? name.substring(0, 120) + "…" : name;
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < shown.length(); i++) {
            char c = shown.charAt(i);
            quoted.append(c < ' ' || c == 0x7f ? '?' : c);
        }
        return quoted.append('"').toString();
    }
}
