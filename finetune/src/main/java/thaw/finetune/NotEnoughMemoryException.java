package thaw.finetune;

import thaw.kernels.OutOfDeviceMemoryException;

/** What was asked for does not fit into the memory that Java or the device has; the message says what would help. */
public final class NotEnoughMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MEBIBYTE = 1 << 20;

    /** @param work what did not fit, as in "a training step of 32 images of 224 x 224 pixels" */
    NotEnoughMemoryException(String work, String remedy, OutOfMemoryError cause) {
        super(work + " does not fit into Java's heap of " + Runtime.getRuntime().maxMemory() / MEBIBYTE + " MiB; " + remedy
                + ", or give Java more with -Xmx", cause);
    }

    /**
     * Of a device with memory of its own.
     *
     * @param remedy what helps beside a smaller batch, begun by a comma, or empty
     * @param batch  how many images did not fit
     * @param kept   bytes that stay in use, whatever the batch: those of the network
     */
    NotEnoughMemoryException(String work, String remedy, OutOfDeviceMemoryException cause, int batch, long kept) {
        super(work + " does not fit: " + cause.getMessage() + remedy + fitting(cause.batchThatFits(batch, kept)), cause);
    }

    private static String fitting(int images) {
        return images < 1 ? "" : "; at most " + images + (images == 1 ? " image fits" : " images fit") + " at a time";
    }
}
