package thaw.kernels.cpu.microkernel;

import org.jspecify.annotations.Nullable;

/**
 * The innermost loops over channel blocks, in two forms that give the same bits: by the Vector API, and by scalar code with the
 * same operations in the same order. Scalar code is six times slower once C2 has compiled both, and ready more than a second
 * earlier: a process's first prediction uses it.
 *
 * <p>{@link #pixels} covers a row of pixels with the micro-kernels' tiles. If the row is not a multiple of the tile, the last
 * tile is the narrowest one that covers the rest, shifted back over pixels that it recomputes, with the same bits.
 */
public final class BlockLoops {

    /** The cost of loading the weights in each tile, in pixels. */
    private static final double OVERHEAD = 3;
    private static final int[] TWO_OF_32 = {14, 8, 7, 4, 1};
    private static final int[] TWO_OF_16 = {6, 4, 1};
    private static final int[] ONE = {14, 8, 7, 4, 1};

    /** Pixels, and channels, in a tile of scalar code. */
    private static final int SCALARS = 4;

    private final int lanes;
    private final boolean hasVectors;
    private volatile boolean vectors;

    /** @param hasVectors whether vectors of this many lanes may be used, which they are at first */
    public BlockLoops(int lanes, boolean hasVectors) {
        this.lanes = lanes;
        this.hasVectors = hasVectors;
        this.vectors = hasVectors;
    }

    /** Whether the Vector API may be used; does not change. */
    public boolean hasVectors() {
        return hasVectors;
    }

    /** The number of channels in a block. */
    public int lanes() {
        return lanes;
    }

    /** Whether loops run by the Vector API; may change at any time. */
    public boolean vectors() {
        return vectors;
    }

    public void useVectors(boolean whether) {
        vectors = whether;
    }

    /** Whether there are 32 vector registers, enough for tiles of 14 pixels by 2 vectors; with 16 the limit is 6 by 2. */
    public boolean manyRegisters() {
        return lanes == 16 || lanes == 4;
    }

    /** The tile width with the lowest cost for rows of this many pixels. */
    public int tile(int pixels, int blocks) {
        int best = 1;
        double least = Double.MAX_VALUE;
        for (int width : widths(blocks)) {
            if (width <= pixels) {
                int rest = pixels % width;
                double cost = pixels / width * (width + OVERHEAD) + (rest == 0 ? 0 : last(rest, width, blocks) + OVERHEAD);
                if (cost < least) {
                    least = cost;
                    best = width;
                }
            }
        }
        return best;
    }

    /** The narrowest tile that covers the rest of a row. */
    private int last(int rest, int tile, int blocks) {
        int narrowest = tile;
        for (int width : widths(blocks)) {
            if (width >= rest && width < narrowest) {
                narrowest = width;
            }
        }
        return narrowest;
    }

    private int[] widths(int blocks) {
        return blocks == 1 ? ONE : manyRegisters() ? TWO_OF_32 : TWO_OF_16;
    }

    /**
     * What a sum reads for each pixel.
     *
     * @param pixel floats from a pixel's source to the next one's
     * @param taps  floats from a pixel's source to each tap
     * @param shift a tap is {@code 2^shift} contiguous floats
     */
    public record Source(float[] data, int pixel, int[] taps, int shift) {
    }

    /**
     * The packed weights of a tile of output channels.
     *
     * @param vectors 1 or 2 vectors of output channels
     * @param steps   the summands of a result: taps times {@code 2^shift}
     * @param channel the channel of the first lane, for the epilogue
     */
    public record Weights(float[] data, int vectors, int steps, int channel) {
    }

    /**
     * Where results are stored.
     *
     * @param pixel    floats from a pixel to the next
     * @param block    floats from a vector of output channels to the next
     * @param epilogue null for none
     */
    public record Target(float[] data, int pixel, int block, @Nullable BlockedEpilogue epilogue) {
    }

    /**
     * Computes a row of pixels in tiles of {@code width} pixels, and a narrower one for the rest, by {@link TapKernels}: its
     * arguments, one by one, are numbers that it keeps in registers.
     *
     * @param width from {@link #tile}
     * @param xo    the offset of the first pixel's source
     * @param wo    the offset of the tile's weights
     * @param yo    the offset of the first result
     */
    public void pixels(int pixels, int width, Source source, int xo, Weights weights, int wo, Target target, int yo) {
        if (!vectors) {
            scalars(pixels, source, xo, weights, wo, target, yo);
            return;
        }
        float[] x = source.data;
        int px = source.pixel;
        int[] taps = source.taps;
        int shift = source.shift;
        float[] w = weights.data;
        int blocks = weights.vectors;
        int steps = weights.steps;
        float[] y = target.data;
        int py = target.pixel;
        int yBlock = target.block;
        for (int p = 0; p < pixels; p += width) {
            int tile = pixels - p >= width ? width : last(pixels - p, width, blocks);
            int at = Math.min(p, pixels - tile);
            int xa = xo + at * px;
            int ya = yo + at * py;
            if (blocks == 2) {
                switch (tile) {
                    case 14 -> {
                        if (px == lanes) {
                            TapKernels.adjacent14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                        } else {
                            TapKernels.pixels14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                        }
                    }
                    case 8 -> TapKernels.pixels8vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 7 -> TapKernels.pixels7vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 6 -> TapKernels.pixels6vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 4 -> TapKernels.pixels4vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            } else {
                switch (tile) {
                    case 14 -> {
                        if (px == lanes) {
                            TapKernels.adjacent14vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                        } else {
                            TapKernels.pixels14vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                        }
                    }
                    case 8 -> TapKernels.pixels8vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 7 -> TapKernels.pixels7vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 4 -> TapKernels.pixels4vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            }
            finish(weights, target, ya, tile);
        }
    }

    /**
     * {@link #pixels} in scalar code: 4 pixels by 4 channels in local variables, of which C1 keeps as many in registers as it
     * can. GFLOP/s on a core whose peak on vectors is 116: 4 by C1, which compiles it within milliseconds, and 8 by C2.
     */
    private void scalars(int pixels, Source x, int xo, Weights w, int wo, Target y, int yo) {
        int width = w.vectors * lanes;
        for (int block = 0; block < w.vectors; block++) {
            for (int lane = 0; lane < lanes; lane += SCALARS) {
                scalars(pixels, x.data, xo, x.pixel, x.taps, x.shift, w.steps, w.data, wo + block * lanes + lane, width,
                        y.data, yo + block * y.block + lane, y.pixel);
            }
        }
        finish(w, y, yo, pixels);
    }

    /** Applies the epilogue to results that have just been stored. */
    private void finish(Weights w, Target y, int yo, int pixels) {
        for (int v = 0; y.epilogue != null && v < w.vectors; v++) {
            y.epilogue.apply(this, w.channel + v * lanes, y.data, yo + v * y.block, y.pixel, pixels);
        }
    }

    /** A row of pixels by four channels. */
    private static void scalars(int pixels, float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            int width, float[] y, int yo, int py) {
        if (pixels < SCALARS) {
            for (int p = 0; p < pixels; p++) {
                ScalarTapKernels.pixels1channels4(x, xo + p * px, px, taps, shift, steps, w, wo, width, y, yo + p * py, py);
            }
            return;
        }
        for (int p = 0; p < pixels; p += SCALARS) {
            int at = Math.min(p, pixels - SCALARS);
            ScalarTapKernels.pixels4channels4(x, xo + at * px, px, taps, shift, steps, w, wo, width, y, yo + at * py, py);
        }
    }
}
