package thaw.finetune.predict;

/** A model's scores for an image are infinite or NaN, so that there is no prediction. The message names the image. */
public final class NonFiniteScoresException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NonFiniteScoresException(String message) {
        super(message);
    }
}
