package thaw.engine.io;

import java.io.IOException;

/** A weight file that breaks its format's rules, or holds what is not read; the message names the file and what to do. */
public class WeightFileException extends IOException {

    private static final long serialVersionUID = 1L;

    public WeightFileException(String message) {
        super(message);
    }

    public WeightFileException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A name out of a file, fit for a message: quoted, short, and without control characters. */
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
