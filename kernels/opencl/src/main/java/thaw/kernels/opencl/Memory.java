package thaw.kernels.opencl;

import java.util.function.Consumer;
import thaw.kernels.Array;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/** Creates arrays, and transfers values between them and the host. */
final class Memory {

    /** The longest list uploaded from the host that is remembered; see {@link OpenClStorage#uploaded()}. */
    private static final int REMEMBERED = 1 << 14;

    private final DeviceQueue queue;
    private final BufferPool pool;
    private final Transfers transfers;

    Memory(DeviceQueue queue, Transfers transfers) {
        this.queue = queue;
        this.pool = queue.pool();
        this.transfers = transfers;
    }

    /** An array with arbitrary contents. */
    OpenClArray array(Shape shape) {
        return new OpenClArray(shape, new OpenClStorage(pool, shape.size()));
    }

    /** An array that an operator fills; released if the operator fails. */
    OpenClArray result(Shape shape, Consumer<OpenClArray> operator) {
        OpenClArray y = array(shape);
        try {
            operator.accept(y);
        } catch (RuntimeException | Error failure) {
            y.release();
            throw failure;
        }
        return y;
    }

    /** For operators with several results, or with temporary arrays. */
    Workspace workspace() {
        return new Workspace(this);
    }

    /** An array of these values. Short lists such as labels are remembered, to check them without waiting for the device. */
    OpenClArray of(Shape shape, float[] values) {
        Shapes.requireLength("of", shape, values.length);
        return result(shape, x -> upload(x, values));
    }

    /** Like {@link #of(Shape, float[])}, with values rounded to float. */
    OpenClArray of(Shape shape, double[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return of(shape, rounded);
    }

    void write(Array array, float[] values) {
        OpenClArray x = mine(array);
        Shapes.requireLength("write", x.shape(), values.length);
        x.storage().changed();
        upload(x, values);
    }

    private void upload(OpenClArray x, float[] values) {
        transfers.write(values, x.buffer());
        boolean isSmallList = x.shape().rank() == 1 && values.length <= REMEMBERED;
        x.storage().uploaded(isSmallList ? values.clone() : null);
    }

    /** Waits for the device. */
    void read(Array array, float[] into) {
        OpenClArray x = mine(array);
        Shapes.requireLength("read", x.shape(), into.length);
        transfers.read(x.buffer(), into);
    }

    /** Like {@link #read(Array, float[])}. */
    void read(Array array, double[] into) {
        float[] values = new float[into.length];
        read(array, values);
        for (int i = 0; i < values.length; i++) {
            into[i] = values[i];
        }
    }

    OpenClArray copy(Array array) {
        OpenClArray x = mine(array);
        return result(x.shape(), y -> copy(x, y));
    }

    void assign(Array target, Array source) {
        OpenClArray to = mine(target);
        OpenClArray from = mine(source);
        Shapes.same("assign", to.shape(), from.shape());
        if (to.storage() != from.storage()) {
            copy(from, to);
        }
        to.storage().changed();
    }

    private void copy(OpenClArray from, OpenClArray to) {
        queue.copy(from.buffer(), to.buffer(), (long) from.size() * Float.BYTES);
    }

    /** The same elements in the same memory under another shape, with one more owner. */
    OpenClArray view(OpenClArray x, Shape shape) {
        x.storage().retain();
        return new OpenClArray(shape, x.storage());
    }

    /** @throws IllegalArgumentException if the array belongs to another device */
    OpenClArray mine(Array x) {
        if (x instanceof OpenClArray a && a.storage().isFrom(pool)) {
            a.storage().requireAlive();
            return a;
        }
        throw new IllegalArgumentException("array " + x.shape() + " belongs to another device; read its values and create an"
                + " array from them on this device");
    }

    /** Like {@link #mine}; null stays null. */
    OpenClArray mineOrNull(Array x) {
        return x == null ? null : mine(x);
    }
}
