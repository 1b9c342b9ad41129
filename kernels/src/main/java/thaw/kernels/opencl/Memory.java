package thaw.kernels.opencl;

import java.util.function.Consumer;
import thaw.kernels.Array;
import thaw.kernels.Shape;

/** Makes arrays, and moves numbers in and out of them. */
final class Memory {

    /** Arrays of up to so many numbers are remembered when they come from the host; see {@link OpenClStorage#uploaded()}. */
    private static final int REMEMBERED = 1 << 14;

    private final BufferPool pool;
    private final Transfers transfers;

    Memory(BufferPool pool, Transfers transfers) {
        this.pool = pool;
        this.transfers = transfers;
    }

    /** An array that holds whatever its memory's last user left there. */
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

    /** For operators with several results, or with arrays that are needed in between. */
    Workspace workspace() {
        return new Workspace(this);
    }

    /** An array of these values; they are remembered as labels are, to check them without waiting for the device. */
    OpenClArray of(Shape shape, float[] values) {
        return result(shape, x -> write(x, values));
    }

    void write(OpenClArray x, float[] values) {
        transfers.write(values, x.buffer());
        boolean isSmallList = x.shape().rank() == 1 && values.length <= REMEMBERED;
        x.storage().uploaded(isSmallList ? values.clone() : null);
    }

    void read(OpenClArray x, float[] into) {
        transfers.read(x.buffer(), into);
    }

    /** Other elements in the same order in the same memory; an owner of its own. */
    OpenClArray view(OpenClArray x, Shape shape) {
        x.storage().retain();
        return new OpenClArray(shape, x.storage());
    }

    /** @throws IllegalArgumentException if the array lives on another device */
    OpenClArray mine(Array x) {
        if (x instanceof OpenClArray a && a.storage().isFrom(pool)) {
            a.storage().requireAlive();
            return a;
        }
        throw new IllegalArgumentException("array " + x.shape() + " belongs to another device; read its values and make an array"
                + " of them on this one");
    }

    /** As {@link #mine}; null stays null. */
    OpenClArray mineOrNull(Array x) {
        return x == null ? null : mine(x);
    }
}
