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

    /** @param shape of the array, in row-major order whatever the layout in memory */
    protected Array(Shape shape) {
        this.shape = shape;
    }

    /** The shape, in row-major order whatever the layout in memory. */
    public final Shape shape() {
        return shape;
    }

    /** The memory that holds the elements; other arrays may share it. */
    public abstract Storage storage();

    /**
     * Adds an owner to the storage, and returns this array.
     *
     * @throws IllegalStateException if the memory has been released
     */
    public final Array retain() {
        storage().retain();
        return this;
    }

    /**
     * Removes an owner from the storage; the last one returns the memory to the backend.
     *
     * @throws IllegalStateException if the memory has been released
     */
    public final void release() {
        storage().release();
    }
}
