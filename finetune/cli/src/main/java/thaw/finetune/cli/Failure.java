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

    /** The value of a supplier; if it refuses the value of an option, or a file's content, a failure that names it. */
    static <T> T naming(String subject, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException refused) {
            throw new Failure(subject + ": " + refused.getMessage(), refused);
        }
    }

    /** @throws Failure if the value of an option is below {@code least} */
    static void ifBelow(String option, int value, int least) {
        if (value < least) {
            throw new Failure(option + ": expected at least " + least + ", got " + value);
        }
    }
}
