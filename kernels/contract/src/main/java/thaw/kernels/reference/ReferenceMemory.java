package thaw.kernels.reference;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.ArrayOps;
import thaw.kernels.Shape;

/** Creates arrays on the Java heap and counts the bytes of those that have an owner. */
final class ReferenceMemory implements ArrayOps {

    private final AtomicLong inUse = new AtomicLong();

    long inUse() {
        return inUse.get();
    }

    @Override
    public ReferenceArray zeros(Shape shape) {
        return new ReferenceArray(shape, new double[shape.size()], inUse);
    }

    @Override
    public ReferenceArray of(Shape shape, float[] values) {
        ReferenceArray x = zeros(shape);
        widen(values, x.data);
        return x;
    }

    @Override
    public ReferenceArray of(Shape shape, double[] values) {
        return new ReferenceArray(shape, values.clone(), inUse);
    }

    @Override
    public ReferenceArray copy(Array x) {
        return of(x.shape(), values(x).data);
    }

    @Override
    public void read(Array x, float[] into) {
        double[] data = values(x).data;
        for (int i = 0; i < into.length; i++) {
            into[i] = (float) data[i];
        }
    }

    @Override
    public void read(Array x, double[] into) {
        System.arraycopy(values(x).data, 0, into, 0, into.length);
    }

    @Override
    public void write(Array x, float[] values) {
        widen(values, values(x).data);
        x.storage().changed();
    }

    @Override
    public void fill(Array x, double value) {
        Arrays.fill(values(x).data, value);
        x.storage().changed();
    }

    @Override
    public void assign(Array target, Array source) {
        System.arraycopy(values(source).data, 0, values(target).data, 0, source.shape().size());
        target.storage().changed();
    }

    /**
     * This backend's view of an array.
     *
     * @throws IllegalArgumentException if the array belongs to another device
     * @throws IllegalStateException if its memory has been released
     */
    ReferenceArray values(Array x) {
        if (!(x instanceof ReferenceArray mine) || !mine.isCountedBy(inUse)) {
            throw new IllegalArgumentException("array " + x.shape() + " belongs to another device; read its values and create"
                    + " an array from them on this device");
        }
        mine.storage().requireAlive();
        return mine;
    }

    /** Like {@link #values}; null stays null. */
    @Nullable
    ReferenceArray orNull(@Nullable Array x) {
        return x == null ? null : values(x);
    }

    private static void widen(float[] from, double[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] = from[i];
        }
    }
}
