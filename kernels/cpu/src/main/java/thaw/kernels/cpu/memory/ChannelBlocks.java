package thaw.kernels.cpu.memory;

/** Converts images between row-major order and channel blocks; see {@link CpuArray}. */
final class ChannelBlocks {

    private ChannelBlocks() {
    }

    /**
     * Copies one block of channels of one image from row-major order to a channel block.
     *
     * @param channels the number of channels that exist in this block; the others become zeros
     */
    static void gather(float[] rowMajor, int from, int channels, int pixels, float[] blocked, int to, int block) {
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

    /** The inverse of {@link #gather}. */
    static void scatter(float[] blocked, int from, int block, int channels, int pixels, float[] rowMajor, int to) {
        for (int c = 0; c < channels; c++) {
            int src = from + c;
            int dst = to + c * pixels;
            for (int p = 0; p < pixels; p++) {
                rowMajor[dst + p] = blocked[src + p * block];
            }
        }
    }
}
