package thaw.kernels;

/**
 * Floating-point numbers in a backend's memory, with the shape that the user sees. The memory layout is private to the
 * backend: {@link Backend#read} and {@link Backend#write} transfer elements in row-major order.
 *
 * <p>A new array has one owner, who {@linkplain #release releases} it when done. Views made by {@link Backend#reshape}
 * share the storage; each view is one more owner of it.
 */
public abstract class Array {

    private final Shape shape;

    protected Array(Shape shape) {
        this.shape = shape;
    }

    public final Shape shape() {
        return shape;
    }

    /** The memory that holds the elements; other arrays may share it. */
    public abstract Storage storage();

    public final Array retain() {
        storage().retain();
        return this;
    }

    public final void release() {
        storage().release();
    }
}
