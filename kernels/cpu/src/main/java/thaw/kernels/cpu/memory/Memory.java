package thaw.kernels.cpu.memory;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Shape;
import thaw.kernels.cpu.parallel.Workers;

/** Allocates arrays in either layout from the pool, and converts them from one layout to the other. */
public final class Memory {

    private final BufferPool pool = new BufferPool();
    private final Workers workers;
    private final int block;

    /** @param block channels per block */
    public Memory(Workers workers, int block) {
        this.workers = workers;
        this.block = block;
    }

    public BufferPool pool() {
        return pool;
    }

    public int block() {
        return block;
    }

    public CpuArray rowMajor(Shape shape) {
        return new CpuArray(shape, new CpuStorage(pool, shape.size()), 1);
    }

    public CpuArray blocked(Shape shape) {
        return new CpuArray(shape, new CpuStorage(pool, CpuArray.length(shape, block)), block);
    }

    /** A new array of the same shape and layout. */
    public CpuArray like(CpuArray x) {
        return new CpuArray(x.shape(), new CpuStorage(pool, x.length()), x.block());
    }

    /** The same memory under another shape of the same size, with one more owner. */
    public CpuArray view(CpuArray x, Shape shape) {
        x.storage().retain();
        return new CpuArray(shape, x.storage(), 1);
    }

    public static CpuArray cpu(Array x) {
        if (x instanceof CpuArray a) {
            return a;
        }
        throw new IllegalArgumentException("array belongs to another backend (" + x.getClass().getSimpleName()
                + "); copy it with read and of");
    }

    /** The same numbers in row-major order, for the caller to release: {@code x} itself if it already is row-major. */
    public CpuArray asRowMajor(Array array) {
        CpuArray x = cpu(array);
        if (x.isRowMajor()) {
            x.storage().retain();
            return x;
        }
        CpuArray y = rowMajor(x.shape());
        scatter(x, y.data());
        return y;
    }

    /** The same numbers in channel blocks, for the caller to release. */
    public CpuArray asBlocked(Array array) {
        CpuArray x = cpu(array);
        if (x.block() == block) {
            x.storage().retain();
            return x;
        }
        CpuArray y = blocked(x.shape());
        gather(x.data(), y);
        return y;
    }

    /** The same numbers in the layout of {@code model}, for the caller to release. */
    public CpuArray as(CpuArray model, Array x) {
        return model.isRowMajor() ? asRowMajor(x) : asBlocked(x);
    }

    /** Copies row-major numbers into an array of any layout. */
    public void gather(float[] from, CpuArray to) {
        if (to.isRowMajor()) {
            System.arraycopy(from, 0, to.data(), 0, to.length());
            return;
        }
        Shape s = to.shape();
        int channels = s.dim(1);
        int pixels = s.dim(2) * s.dim(3);
        int blocks = to.channelBlocks();
        float[] data = to.data();
        workers.run(s.dim(0) * blocks, item -> {
            int n = item / blocks;
            int first = item % blocks * block;
            gather(from, (n * channels + first) * pixels, Math.min(block, channels - first), pixels,
                    data, item * pixels * block, block);
        });
    }

    /** Copies an array of any layout into row-major numbers. */
    public void scatter(CpuArray from, float[] to) {
        float[] data = from.data();
        if (from.isRowMajor()) {
            System.arraycopy(data, 0, to, 0, from.length());
            return;
        }
        Shape s = from.shape();
        int channels = s.dim(1);
        int pixels = s.dim(2) * s.dim(3);
        int blocks = from.channelBlocks();
        workers.run(s.dim(0) * blocks, item -> {
            int n = item / blocks;
            int first = item % blocks * block;
            scatter(data, item * pixels * block, block, Math.min(block, channels - first), pixels,
                    to, (n * channels + first) * pixels);
        });
    }

    /**
     * Copies one block of channels of one image from row-major order to a channel block.
     *
     * @param channels the number of channels that exist in this block; the others become zeros
     */
    private static void gather(float[] rowMajor, int from, int channels, int pixels, float[] blocked, int to, int block) {
        for (int c = 0; c < channels; c++) {
            int src = from + c * pixels;
            int dst = to + c;
            for (int p = 0; p < pixels; p++) {
                blocked[dst + p * block] = rowMajor[src + p];
            }
        }
        for (int c = channels; c < block; c++) {
            for (int p = 0; p < pixels; p++) {
                blocked[to + c + p * block] = 0;
            }
        }
    }

    /** The inverse, of one channel block. */
    private static void scatter(float[] blocked, int from, int block, int channels, int pixels, float[] rowMajor, int to) {
        for (int c = 0; c < channels; c++) {
            int src = from + c;
            int dst = to + c * pixels;
            for (int p = 0; p < pixels; p++) {
                rowMajor[dst + p] = blocked[src + p * block];
            }
        }
    }

    /** Per-channel numbers {@code [C]} padded with zeros to whole blocks; to be returned with {@code pool().give}. */
    public float[] padded(Array perChannel, int length) {
        float[] out = pool.take(length);
        int channels = perChannel.shape().size();
        System.arraycopy(cpu(perChannel).data(), 0, out, 0, channels);
        Arrays.fill(out, channels, length, 0);
        return out;
    }
}
