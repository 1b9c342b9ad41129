package thaw.finetune.predict;

import thaw.kernels.OutOfDeviceMemoryException;

/** A batch does not fit into the Java heap or the device's memory. The message names the work and suggests remedies. */
public final class NotEnoughMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MEBIBYTE = 1 << 20;

    /**
     * @param work   the work that did not fit, such as "a training step of 32 images of 224 x 224 pixels"
     * @param remedy a suggestion other than raising the heap limit
     */
    public NotEnoughMemoryException(String work, String remedy, OutOfMemoryError cause) {
        super(work + " does not fit into Java's heap of " + Runtime.getRuntime().maxMemory() / MEBIBYTE + " MiB; " + remedy
                + ", or raise the heap limit with -Xmx", cause);
    }

    /**
     * For a device with its own memory.
     *
     * @param remedy a suggestion other than a smaller batch, beginning with a comma; may be empty
     * @param batch  the number of images that did not fit
     * @param kept   the bytes in use that do not depend on the batch: those of the network
     */
    public NotEnoughMemoryException(String work, String remedy, OutOfDeviceMemoryException cause, int batch, long kept) {
        super(work + " does not fit: " + cause.getMessage() + remedy + fitting(cause.batchThatFits(batch, kept)), cause);
    }

    private static String fitting(int images) {
        return images < 1 ? "" : "; at most " + images + (images == 1 ? " image fits" : " images fit") + " at a time";
    }
}
