package thaw.engine.io;

/** A pickle that is damaged, or that asks for more than tensors, dicts and plain values. */
public final class UnpicklingException extends WeightFileException {

    private static final long serialVersionUID = 1L;

    UnpicklingException(String message) {
        super(message);
    }
}
