package thaw.finetune;

/**
 * Training ran away: the loss is infinite or not a number. The message says when, and at which rates; or, where no step was taken
 * before, which weights, images or layer are the cause.
 */
public final class DivergenceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DivergenceException(String message) {
        super(message);
    }
}
