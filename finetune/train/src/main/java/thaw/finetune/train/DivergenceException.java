package thaw.finetune.train;

/**
 * Training diverged: the loss is infinite or NaN. The message names the step and its learning rates or, if the first step
 * is concerned, the weights, images or layer that are the cause.
 */
public final class DivergenceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message names the step and its learning rates, or the cause */
    public DivergenceException(String message) {
        super(message);
    }
}
