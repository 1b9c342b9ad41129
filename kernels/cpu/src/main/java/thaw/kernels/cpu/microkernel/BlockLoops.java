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

    /** Widths for two vectors of output channels, with 32 vector registers and with 16. */
    private static final int[] TWO_OF_32 = {14, 8, 7, 4, 1};
    private static final int[] TWO_OF_16 = {7, 6, 4, 1};

    /** Without {@link Compilation#inlinesManyVectors}. */
    private static final int[] TWO_OF_FEW = {8, 7, 4, 1};
    private static final int[] ONE = {14, 8, 7, 4, 1};

    /** Widths at distances for which {@link #hasTurns} is false. */
    private static final int[] ANY = {14, 4, 1};
    private static final int[] ANY_OF_16 = {6, 4, 1};

    /** Widths of {@link Tiles#NARROW}. */
    static final int[] NARROW = {4, 1};
    static final int WIDEST = 14;

    /** Vectors of output channels in a panel of weights for the Vector API, whose sums stay in registers. */
    private static final int VECTORS = 2;

    /** The micro-kernels in use, by the number of pixels that each computes together. */
    public enum Tiles {
        /** Scalar code. */
        SCALAR,
        /** Those that C2 compiles in tenths of a second, half as fast as the others. */
        NARROW,
        /** Also wide ones of two vectors by adjacent pixels: most of a ResNet's work. */
        ADJACENT,
        ALL
    }

    private final int lanes;
    private final boolean hasVectors;
    private final ScalarProducts scalars;
    private volatile boolean vectors;
    private volatile Tiles tiles;

    /** @param hasVectors whether vectors of this many lanes may be used, which they are at first */
    public BlockLoops(int lanes, boolean hasVectors) {
        this.lanes = lanes;
        this.hasVectors = hasVectors;
        scalars = new ScalarProducts(lanes);
        this.vectors = hasVectors;
        this.tiles = hasVectors ? Tiles.ALL : Tiles.SCALAR;
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

    /** Sets whether loops other than {@link #pixels} run by the Vector API. */
    public void useVectors(boolean whether) {
        vectors = whether;
    }

    public void use(Tiles kernels) {
        tiles = kernels;
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
        int[] widths = widths(blocks, px, shift);
        int best = 1;
        int least = Integer.MAX_VALUE;
        for (int width : widths) {
            if (width <= pixels) {
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
    private static int last(int rest, int tile, int[] widths) {
        int narrowest = tile;
        for (int width : widths) {
            if (width >= rest && width < narrowest) {
                narrowest = width;
            }
        }
        return narrowest;
    }

    /** The widths in use, descending. */
    int[] widths(int blocks, int px, int shift) {
        Tiles now = tiles;
        boolean adjacent = px == lanes && shift > 0;
        if (now != Tiles.ALL && (now != Tiles.ADJACENT || blocks != 2 || !adjacent)) {
            return NARROW;
        }
        if (blocks == 1) {
            return adjacent ? ONE : ANY;
        }
        boolean turns = hasTurns(px, shift);
        if (!manyRegisters()) {
            return turns ? TWO_OF_16 : ANY_OF_16;
        }
        if (!Compilation.inlinesManyVectors()) {
            return adjacent ? TWO_OF_FEW : NARROW;
        }
        return turns ? TWO_OF_32 : ANY;
    }

    /** Whether the kernels for this distance take several steps per turn, all of one tap; see {@link TapKernels}. */
    boolean hasTurns(int px, int shift) {
        return shift > 0 && (px == lanes || px == 2 * lanes);
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
        if (tiles == Tiles.SCALAR) {
            scalars.pixels(pixels, blocks, x, xo, px, taps, shift, steps, w, wo, epilogue, channel, y, yo, py, yBlock);
            return;
        }
        int[] widths = widths(blocks, px, shift);
        boolean turns = widths != NARROW && hasTurns(px, shift);
        boolean adjacent = turns && px == lanes;
        for (int p = 0; p < pixels; p += tile) {
            int width = pixels - p >= tile ? tile : last(pixels - p, tile, widths);
            int at = Math.min(p, pixels - width);
            int xa = xo + at * px;
            int ya = yo + at * py;
            if (adjacent && blocks == 2) {
                switch (width) {
                    case 14 -> TapKernels.adjacent14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 8 -> TapKernels.adjacent8vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 7 -> TapKernels.adjacent7vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 6 -> TapKernels.adjacent6vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 4 -> TapKernels.adjacent4vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            } else if (adjacent) {
                switch (width) {
                    case 14 -> TapKernels.adjacent14vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 8 -> TapKernels.adjacent8vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 7 -> TapKernels.adjacent7vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 4 -> TapKernels.adjacent4vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            } else if (turns && blocks == 2) {
                switch (width) {
                    case 14 -> TapKernels.alternate14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 8 -> TapKernels.alternate8vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 7 -> TapKernels.alternate7vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 6 -> TapKernels.alternate6vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 4 -> TapKernels.alternate4vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            } else if (px == 2 && blocks == 2) {
                switch (width) {
                    case 14 -> TapKernels.stem14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 6 -> TapKernels.stem6vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 4 -> TapKernels.pixels4vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            } else if (blocks == 2) {
                switch (width) {
                    case 14 -> TapKernels.pixels14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 6 -> TapKernels.pixels6vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 4 -> TapKernels.pixels4vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            } else {
                switch (width) {
                    case 14 -> TapKernels.pixels14vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    case 4 -> TapKernels.pixels4vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            }
            if (epilogue != null) {
                for (int v = 0; v < blocks; v++) {
                    epilogue.apply(this, channel + v * lanes, y, ya + v * yBlock, py, width);
                }
            }
        }
    }
}
