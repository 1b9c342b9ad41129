package thaw.kernels.opencl;

import java.util.function.Consumer;
import thaw.kernels.Array;
import thaw.kernels.ArrayOps;
import thaw.kernels.Shape;

/** Creates arrays, and transfers values between them and the host. */
final class Memory implements ArrayOps {

    /** The longest list uploaded from the host that is remembered; see {@link OpenClStorage#uploaded()}. */
    private static final int REMEMBERED = 1 << 14;

    private final CommandQueue queue;
    private final BufferPool pool;
    private final Transfers transfers;
    private final Programs programs;

    Memory(CommandQueue queue, Transfers transfers, Programs programs) {
        this.queue = queue;
        this.pool = queue.pool();
        this.transfers = transfers;
        this.programs = programs;
    }

    /** An array with arbitrary contents. */
    OpenClArray array(Shape shape) {
        return new OpenClArray(shape, new OpenClStorage(pool, shape.size()));
    }

    /** A gradient that is computed when it is first read. */
    OpenClArray pending(Shape shape, MaskedGradient gradient) {
        return new OpenClArray(shape, new OpenClStorage(pool, gradient));
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

    /** {@link BufferPool#isPlentiful}. */
    boolean isPlentiful() {
        return pool.isPlentiful();
    }

    /** For operators with several results, or with temporary arrays. */
    Workspace workspace() {
        return new Workspace(this);
    }

    @Override
    public OpenClArray zeros(Shape shape) {
        return result(shape, x -> fill(x, 0));
    }

    /** An array of these values. Short lists such as labels are remembered, to check them without waiting for the device. */
    @Override
    public OpenClArray of(Shape shape, float[] values) {
        return result(shape, x -> upload(x, values));
    }

    /** Like {@link #of(Shape, float[])}, with values rounded to float. */
    @Override
    public OpenClArray of(Shape shape, double[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return of(shape, rounded);
    }

    @Override
    public void write(Array array, float[] values) {
        OpenClArray x = mine(array);
        x.storage().changed();
        upload(x, values);
    }

    private void upload(OpenClArray x, float[] values) {
        transfers.write(values, x.buffer());
        boolean isSmallList = x.shape().rank() == 1 && values.length <= REMEMBERED;
        x.storage().uploaded(isSmallList ? values.clone() : null);
    }

    /** Waits for the device. */
    @Override
    public void read(Array array, float[] into) {
        OpenClArray x = mine(array);
        transfers.read(x.buffer(), into);
    }

    /** Like {@link #read(Array, float[])}. */
    @Override
    public void read(Array array, double[] into) {
        float[] values = new float[into.length];
        read(array, values);
        for (int i = 0; i < values.length; i++) {
            into[i] = values[i];
        }
    }

    @Override
    public OpenClArray copy(Array array) {
        OpenClArray x = mine(array);
        return result(x.shape(), y -> copy(x, y));
    }

    @Override
    public void assign(Array target, Array source) {
        OpenClArray to = mine(target);
        OpenClArray from = mine(source);
        if (to.storage() != from.storage()) {
            copy(from, to);
        }
        to.storage().changed();
    }

    private void copy(OpenClArray from, OpenClArray to) {
        queue.copy(from.buffer(), to.buffer(), (long) from.size() * Float.BYTES);
    }

    @Override
    public void fill(Array array, double value) {
        OpenClArray x = mine(array);
        programs.launch("elementwise.cl", "fill").work(x.size(), 4.0 * x.size()).array(x).floats(value).ints(x.size())
                .over(x.size());
        x.storage().changed();
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
