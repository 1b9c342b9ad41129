package thaw.kernels.cpu.memory;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.nio.FloatBuffer;
import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.ArrayOps;
import thaw.kernels.Shape;

/** Creates arrays, and transfers their elements from and to row-major lists, whatever the layout of the array. */
public final class CpuArrays implements ArrayOps {

    private final Memory memory;

    public CpuArrays(Memory memory) {
        this.memory = memory;
    }

    @Override
    public Array zeros(Shape shape) {
        CpuArray x = memory.rowMajor(shape);
        Arrays.fill(x.data(), 0, x.length(), 0);
        return x;
    }

    @Override
    public Array of(Shape shape, float[] values) {
        CpuArray x = memory.rowMajor(shape);
        memory.copy(values, x.data(), values.length);
        return x;
    }

    @Override
    public Array of(Shape shape, double[] values) {
        CpuArray x = memory.rowMajor(shape);
        float[] data = x.data();
        for (int i = 0; i < values.length; i++) {
            data[i] = (float) values[i];
        }
        return x;
    }

    @Override
    public Array copy(Array array) {
        CpuArray x = cpu(array);
        CpuArray y = memory.like(x);
        memory.copy(x.data(), y.data(), x.length());
        return y;
    }

    @Override
    public void read(Array x, float[] into) {
        memory.scatter(cpu(x), into);
    }

    @Override
    public void read(Array array, double[] into) {
        CpuArray x = memory.asRowMajor(array);
        float[] data = x.data();
        for (int i = 0; i < into.length; i++) {
            into[i] = data[i];
        }
        x.release();
    }

    @Override
    public void write(Array x, float[] values) {
        memory.gather(values, cpu(x));
        x.storage().changed();
    }

    @Override
    public void write(Array array, FloatBuffer values) {
        CpuArray x = cpu(array);
        if (!x.isRowMajor()) {
            ArrayOps.super.write(x, values);
            return;
        }
        values.duplicate().get(x.data(), 0, x.length());
        x.storage().changed();
    }

    @Override
    public void fill(Array array, double value) {
        CpuArray x = cpu(array);
        if (x.isPadded() && value != 0) {
            float[] values = memory.pool().take(x.shape().size());
            Arrays.fill(values, 0, x.shape().size(), (float) value);
            memory.gather(values, x);
            memory.pool().give(values);
        } else {
            Arrays.fill(x.data(), 0, x.length(), (float) value);
        }
        x.storage().changed();
    }

    @Override
    public void assign(Array target, Array source) {
        CpuArray to = cpu(target);
        CpuArray from = memory.as(to, source);
        System.arraycopy(from.data(), 0, to.data(), 0, to.length());
        from.release();
        to.storage().changed();
    }
}
