package thaw.finetune.cli;

/** The failure of a command, with a message for the user: what was given, what was expected, what to do. */
final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Failure(String message) {
        super(message);
    }

    Failure(String message, Throwable cause) {
        super(message, cause);
    }
}
