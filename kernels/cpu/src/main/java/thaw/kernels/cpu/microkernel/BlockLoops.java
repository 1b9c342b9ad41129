package thaw.kernels.cpu.microkernel;

import org.jspecify.annotations.Nullable;

/**
 * The innermost loops over channel blocks, in two forms that give the same bits: by the Vector API, and by scalar code with the
 * same operations in the same order. Scalar code is slower once C2 has compiled both, and ready more than a second earlier: a
 * process's first prediction uses it, and every one where the Vector API is absent.
 *
 * <p>{@link #pixels} covers a row of pixels with the micro-kernels' tiles. If the row is not a multiple of the tile, the last
 * tile is the narrowest one that covers the rest, shifted back over pixels that it recomputes, with the same bits.
 */
public final class BlockLoops {

    /** The cost of loading the weights in each tile, in pixels. */
    private static final int OVERHEAD = 3;

    /** Fewer pixels take as long as these: two FMA units need eight sums to be busy. */
    private static final int SHORTEST = 4;

    static final int WIDEST = 14;

    /** Vectors of output channels in a panel of weights for the Vector API, whose sums stay in registers. */
    private static final int VECTORS = 2;

    /** Distances between pixels: a block, two blocks, 2, and others. */
    private static final int DISTANCES = 4;

    private final int lanes;
    private final boolean hasVectors;
    private final ScalarProducts scalars;
    private volatile boolean vectors;

    /**
     * The micro-kernels in use, by {@link #row} and by the number of pixels that each computes together, with nulls between; null
     * until the first use, because {@link TapTile} takes time to initialize.
     */
    private volatile TapTile.@Nullable Kernel[][] kernels;

    /** @param hasVectors whether vectors of this many lanes may be used, which they are at first */
    public BlockLoops(int lanes, boolean hasVectors) {
        this.lanes = lanes;
        this.hasVectors = hasVectors;
        scalars = new ScalarProducts(lanes);
        vectors = hasVectors;
    }

    /** Whether the Vector API may be used; does not change. */
    public boolean hasVectors() {
        return hasVectors;
    }

    /** The number of channels in a block. */
    public int lanes() {
        return lanes;
    }

    /** The most vectors of output channels that a call of {@link #pixels} computes together. */
    public int panel() {
        return hasVectors ? VECTORS : ScalarProducts.VECTORS;
    }

    ScalarProducts scalars() {
        return scalars;
    }

    /** Whether loops run by the Vector API; may change at any time. */
    public boolean vectors() {
        return vectors;
    }

    /** All loops run by scalar code from now on. */
    public synchronized void useScalars() {
        vectors = false;
        kernels = new TapTile.Kernel[VECTORS * DISTANCES][WIDEST + 1];
    }

    /** All loops but {@link #pixels} run by the Vector API from now on, and these by the micro-kernels in use. */
    public void useVectorLoops() {
        vectors = true;
    }

    /** All loops run by the Vector API from now on. */
    public synchronized void useVectors() {
        vectors = true;
        if (kernels == null) {
            kernels = new TapTile.Kernel[VECTORS * DISTANCES][WIDEST + 1];
        }
        TapTile.NARROW.forEach(this::use);
        TapTile.wide(this).forEach(this::use);
    }

    /** {@link #pixels} uses this micro-kernel from now on, once it also has the one for single pixels. */
    synchronized void use(TapTile tile) {
        TapTile.Kernel[][] more = inUse().clone();
        for (int row = tile.vectors() - 1; row < more.length; row += VECTORS) {
            boolean isFor = row == row(tile.vectors(), tile.px(), 1);
            if (isFor || tile.px() == TapTile.ANY && more[row][tile.pixels()] == null) {
                more[row] = more[row].clone();
                more[row][tile.pixels()] = tile.kernel();
            }
        }
        kernels = more;
    }

    private int row(int blocks, int px, int shift) {
        int distance = shift > 0 && px == lanes ? 0 : shift > 0 && px == 2 * lanes ? 1 : px == 2 ? 2 : 3;
        return VECTORS * distance + blocks - 1;
    }

    private TapTile.Kernel[][] inUse() {
        if (kernels == null) {
            useVectors();
        }
        return kernels;
    }

    /** Whether there are 32 vector registers, enough for tiles of 14 pixels by 2 vectors; with 16 the limit is 7 by 2. */
    public boolean manyRegisters() {
        return lanes == 16 || lanes == 4;
    }

    /**
     * The tile width with the lowest cost for rows of this many pixels.
     *
     * @param px    floats from a pixel to the next, as in {@link #pixels}
     * @param shift as in {@link #pixels}
     */
    public int tile(int pixels, int blocks, int px, int shift) {
        if (!hasVectors) {
            return 1;
        }
        TapTile.Kernel[] widths = inUse()[row(blocks, px, shift)];
        int best = 1;
        int least = Integer.MAX_VALUE;
        for (int width = Math.min(pixels, WIDEST); width > 0; width--) {
            if (widths[width] != null) {
                int rest = pixels % width;
                int cost = pixels / width * cost(width) + (rest == 0 ? 0 : cost(last(rest, width, widths)));
                if (cost < least) {
                    least = cost;
                    best = width;
                }
            }
        }
        return best;
    }

    private static int cost(int width) {
        return Math.max(width, SHORTEST) + OVERHEAD;
    }

    /** The narrowest tile that covers the rest of a row. */
    private static int last(int rest, int tile, TapTile.Kernel[] widths) {
        int width = rest;
        while (width < tile && widths[width] == null) {
            width++;
        }
        return width;
    }

    /**
     * Runs tiles of {@code tile} pixels, and a narrower one for the rest, over a row; the other arguments are those of
     * {@link TapKernels}. They are many, and not grouped in records, for speed: with records of the source, the weights and the
     * target ResNet-18's prediction took 13 % longer (JDK 17).
     *
     * @param tile     from {@link #tile}
     * @param blocks   the number of vectors of output channels: up to {@link #panel}
     * @param epilogue null for none
     * @param channel  the channel of the first lane, for the epilogue
     */
    public void pixels(int pixels, int tile, int blocks, float[] x, int xo, int px, int[] taps, int shift, int steps,
            float[] w, int wo, @Nullable BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock) {
        TapTile.Kernel[] widths = hasVectors ? inUse()[row(blocks, px, shift)] : null;
        // The tile is from another moment, at which other kernels may have been in use.
        if (widths == null || widths[1] == null || widths[tile] == null) {
            scalars.pixels(pixels, blocks, x, xo, px, taps, shift, steps, w, wo, epilogue, channel, y, yo, py, yBlock);
            return;
        }
        for (int p = 0; p < pixels; p += tile) {
            int width = pixels - p >= tile ? tile : last(pixels - p, tile, widths);
            int at = Math.min(p, pixels - width);
            int ya = yo + at * py;
            widths[width].sum(x, xo + at * px, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
            if (epilogue != null) {
                for (int v = 0; v < blocks; v++) {
                    epilogue.apply(this, channel + v * lanes, y, ya + v * yBlock, py, width);
                }
            }
        }
    }
}
