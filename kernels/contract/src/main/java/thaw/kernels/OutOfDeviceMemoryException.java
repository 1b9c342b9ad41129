package thaw.kernels;

/**
 * An array does not fit into a device's memory. The message states the bytes requested, the bytes in use, the device's
 * limit, and what would help. Existing arrays stay valid, and the backend remains usable.
 */
public final class OutOfDeviceMemoryException extends DeviceException {

    private static final long serialVersionUID = 1L;

    private final long asked;
    private final long inUse;
    private final long limit;

    /**
     * All sizes are in bytes.
     *
     * @param asked the size of the array that did not fit
     * @param inUse the size of all other arrays
     * @param limit the most that all arrays may hold together, or that one array may hold if that limit was
     *     exceeded
     */
    public OutOfDeviceMemoryException(String message, long asked, long inUse, long limit, Throwable cause) {
        super(message, cause);
        this.asked = asked;
        this.inUse = inUse;
        this.limit = limit;
    }

    /** The size of the array that did not fit, in bytes. */
    public long asked() {
        return asked;
    }

    /** The size of all other arrays, in bytes. */
    public long inUse() {
        return inUse;
    }

    /** The limit that was exceeded, in bytes: of all arrays together, or of one. */
    public long limit() {
        return limit;
    }

    /**
     * An upper estimate of the number of a batch's images that fit, if each image needs the same memory; later requests
     * could lower it. 0 if not even one image fits.
     *
     * @param batch the number of images in the batch that failed
     * @param kept  bytes in use that do not depend on the batch, such as a network's weights
     */
    public int batchThatFits(int batch, long kept) {
        boolean oneArrayIsTooLarge = asked > limit;
        double perImage = (oneArrayIsTooLarge ? asked : inUse + asked - kept) / (double) batch;
        double room = oneArrayIsTooLarge ? limit : limit - kept;
        return perImage <= 0 ? batch - 1 : (int) Math.max(0, Math.min(batch - 1, room / perImage));
    }
}
