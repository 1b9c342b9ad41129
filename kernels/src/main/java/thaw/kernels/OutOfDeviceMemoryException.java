package thaw.kernels;

/**
 * An array does not fit into a device's own memory; the message says what was asked for, what is in use, what the device
 * allows, and what would help. Arrays made before stay as they are, and the backend can be used on.
 */
public final class OutOfDeviceMemoryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final long asked;
    private final long inUse;
    private final long limit;

    /**
     * All in bytes.
     *
     * @param asked what one array needs
     * @param inUse what other arrays hold
     * @param limit what all arrays may hold together, or one of them alone if that is what failed
     */
    public OutOfDeviceMemoryException(String message, long asked, long inUse, long limit, Throwable cause) {
        super(message, cause);
        this.asked = asked;
        this.inUse = inUse;
        this.limit = limit;
    }

    public long asked() {
        return asked;
    }

    public long inUse() {
        return inUse;
    }

    public long limit() {
        return limit;
    }

    /**
     * How many of a batch's images could fit at the most, where what each of them needs is the same: no promise, as more might
     * have been asked for later. 0 where not even one does.
     *
     * @param batch images that were on the way
     * @param kept  bytes in use that do not depend on the batch, such as a network's weights
     */
    public int batchThatFits(int batch, long kept) {
        boolean oneArrayIsTooLarge = asked > limit;
        double perImage = (oneArrayIsTooLarge ? asked : inUse + asked - kept) / (double) batch;
        double room = oneArrayIsTooLarge ? limit : limit - kept;
        return perImage <= 0 ? batch - 1 : (int) Math.max(0, Math.min(batch - 1, room / perImage));
    }
}
