package thaw.kernels;

/**
 * Numbers in a backend's memory, with the shape that a user sees. How they lie there is the backend's own affair:
 * only {@link Backend#read} and {@link Backend#write} show them, in row-major order.
 *
 * <p>An array is handed out with one owner, who {@linkplain #release releases} it when done. Views made by
 * {@link Backend#reshape} share the storage and are owners of their own.
 */
public abstract class Array {

    private final Shape shape;

    protected Array(Shape shape) {
        this.shape = shape;
    }

    public final Shape shape() {
        return shape;
    }

    /** The memory in which the numbers lie, which other arrays may share. */
    public abstract Storage storage();

    public final Array retain() {
        storage().retain();
        return this;
    }

    public final void release() {
        storage().release();
    }
}
