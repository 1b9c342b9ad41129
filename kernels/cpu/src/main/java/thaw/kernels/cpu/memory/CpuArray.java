package thaw.kernels.cpu.memory;

import thaw.kernels.Array;
import thaw.kernels.Shape;

/**
 * An array of floats on the heap, in one of two layouts: row-major, or for {@code [N, C, H, W]} in <b>channel blocks</b>:
 * groups of {@link #block()} channels, stored side by side for each pixel, so that a vector holds one pixel's values of a
 * block. Element {@code (n, c, h, w)} is then at {@code ((n·⌈C/block⌉ + c/block)·H·W + h·W + w)·block + c%block}. If C is
 * not a multiple of the block, the channels missing from the last block are zeros; every operator keeps them zero.
 *
 * <p>With blocks of 1 both layouts are the same.
 */
public final class CpuArray extends Array {

    private final CpuStorage storage;
    private final int block;

    CpuArray(Shape shape, CpuStorage storage, int block) {
        super(shape);
        this.storage = storage;
        this.block = block;
    }

    @Override
    public CpuStorage storage() {
        return storage;
    }

    public float[] data() {
        return storage.data();
    }

    /** The number of channels side by side; 1 means row-major. */
    public int block() {
        return block;
    }

    public boolean isRowMajor() {
        return block == 1;
    }

    public int channelBlocks() {
        return channelBlocks(shape().dim(1), block);
    }

    /** The number of floats in memory, zeros of missing channels included. */
    public int length() {
        return length(shape(), block);
    }

    /** Whether the last channel block contains channels that do not exist. */
    public boolean isPadded() {
        return block > 1 && shape().dim(1) % block != 0;
    }

    public static int channelBlocks(int channels, int block) {
        return (channels + block - 1) / block;
    }

    /** @throws IllegalArgumentException if whole blocks take more than 2^31 floats, although the shape has fewer elements */
    public static int length(Shape shape, int block) {
        return block == 1 ? shape.size() : shape.with(1, channelBlocks(shape.dim(1), block) * block).size();
    }
}
