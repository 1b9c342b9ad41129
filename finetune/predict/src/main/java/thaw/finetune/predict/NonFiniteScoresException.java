package thaw.finetune.predict;

/** A model's scores for an image are infinite or NaN, so that there is no prediction. The message names the image. */
public final class NonFiniteScoresException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message names the image, and the class whose score is not finite */
    public NonFiniteScoresException(String message) {
        super(message);
    }
}
