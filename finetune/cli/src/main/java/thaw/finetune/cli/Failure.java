package thaw.finetune.cli;

import java.util.function.Supplier;

/** The failure of a command, with a message for the user: what was given, what was expected, what to do. */
final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Failure(String message) {
        super(message);
    }

    Failure(String message, Throwable cause) {
        super(message, cause);
    }

    /** The value of a supplier; if it refuses an option's value, a failure that names the option. */
    static <T> T naming(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException refused) {
            throw new Failure(option + ": " + refused.getMessage(), refused);
        }
    }
}
