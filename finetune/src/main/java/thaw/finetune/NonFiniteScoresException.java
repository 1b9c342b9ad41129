package thaw.finetune;

/** A model gave an image scores that are infinite or not numbers, from which nothing can be predicted. The message names the image. */
public final class NonFiniteScoresException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NonFiniteScoresException(String message) {
        super(message);
    }
}
