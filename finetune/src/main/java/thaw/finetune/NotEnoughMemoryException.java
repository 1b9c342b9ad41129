package thaw.finetune;

/** What was asked for does not fit into the memory that Java has; the message says what would help. */
public final class NotEnoughMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MEBIBYTE = 1 << 20;

    /** @param work what did not fit, as in "a training step of 32 images of 224 x 224 pixels" */
    NotEnoughMemoryException(String work, String remedy, OutOfMemoryError cause) {
        super(work + " does not fit into Java's heap of " + Runtime.getRuntime().maxMemory() / MEBIBYTE + " MiB; " + remedy
                + ", or give Java more with -Xmx", cause);
    }
}
