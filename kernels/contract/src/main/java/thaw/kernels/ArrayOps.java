package thaw.kernels;

import java.nio.FloatBuffer;

/** Creates arrays, and transfers their elements from and to the host in row-major order. */
public interface ArrayOps {

    /** An array of zeros. */
    Array zeros(Shape shape);

    /** An array with these values, in row-major order. The length of {@code values} is the shape's size. */
    Array of(Shape shape, float[] values);

    /** Like {@link #of(Shape, float[])}; keeps double precision where the backend has it. */
    Array of(Shape shape, double[] values);

    /** A copy with its own memory. */
    Array copy(Array x);

    /** Copies the elements out in row-major order. */
    void read(Array x, float[] into);

    /** Copies the elements out in row-major order, in the backend's full precision. */
    void read(Array x, double[] into);

    /** In place: overwrites the elements, given in row-major order. */
    void write(Array x, float[] values);

    /**
     * Like {@link #write(Array, float[])}, from the remaining elements of a buffer, for example a mapped part of a
     * file.
     */
    default void write(Array x, FloatBuffer values) {
        float[] copy = new float[values.remaining()];
        values.duplicate().get(copy);
        write(x, copy);
    }

    /** In place: sets every element. */
    void fill(Array x, double value);

    /** In place: {@code target ← source}, of the same shape. */
    void assign(Array target, Array source);
}
