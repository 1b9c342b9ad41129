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
}
