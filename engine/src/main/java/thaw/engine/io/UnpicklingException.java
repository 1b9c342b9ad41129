package thaw.engine.io;

/** Thrown for a pickle that is damaged, or that needs more than tensors, dicts and plain values. */
public final class UnpicklingException extends WeightFileException {

    private static final long serialVersionUID = 1L;

    UnpicklingException(String message) {
        super(message);
    }
}
