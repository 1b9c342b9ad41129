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
    private static final int[] TWO_OF_32 = {14, 8, 7, 4, 1};
    private static final int[] TWO_OF_16 = {6, 4, 1};

    /** Without {@link Compilation#inlinesManyVectors}. */
    private static final int[] TWO_OF_FEW = {8, 7, 4, 1};
    private static final int[] ONE = {14, 8, 7, 4, 1};

    /** Widths for pixels that are not adjacent. */
    private static final int[] ANY = {14, 4, 1};

    /** The row of which two make the widest tile. */
    private static final int HALF = 7;

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

    /** Whether there are 32 vector registers, enough for tiles of 14 pixels by 2 vectors; with 16 the limit is 6 by 2. */
    public boolean manyRegisters() {
        return lanes == 16 || lanes == 4;
    }

    /**
     * The tile width with the lowest cost for rows of this many pixels.
     *
     * @param px floats from a pixel to the next, as in {@link #pixels}
     */
    public int tile(int pixels, int blocks, int px) {
        int[] widths = widths(blocks, px);
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
    int[] widths(int blocks, int px) {
        Tiles now = tiles;
        if (now != Tiles.ALL && (now != Tiles.ADJACENT || blocks != 2 || px != lanes)) {
            return NARROW;
        }
        if (blocks == 2 && !manyRegisters()) {
            return TWO_OF_16;
        }
        if (blocks == 2 && !Compilation.inlinesManyVectors()) {
            return px == lanes ? TWO_OF_FEW : NARROW;
        }
        return px != lanes ? ANY : blocks == 2 ? TWO_OF_32 : ONE;
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
        int[] widths = widths(blocks, px);
        boolean adjacent = px == lanes && widths != NARROW;
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
                    case 4 -> TapKernels.pixels4vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                    default -> TapKernels.pixels1vectors1(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                }
            } else if (blocks == 2) {
                switch (width) {
                    case 14 -> {
                        if (px == 2 * lanes) {
                            TapKernels.alternate14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                        } else if (px == 2) {
                            TapKernels.stem14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                        } else {
                            TapKernels.pixels14vectors2(x, xa, px, taps, shift, steps, w, wo, y, ya, py, yBlock);
                        }
                    }
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

    /** Whether {@link #twoRows} applies to rows of this many pixels, by this many vectors of output channels. */
    public boolean joinsRows(int pixels, int blocks, int px) {
        return pixels == HALF && blocks == 2 && tiles == Tiles.ALL && manyRegisters()
                && Compilation.inlinesManyVectors() && (px == lanes || px == 2 * lanes);
    }

    /**
     * {@link #pixels} for two rows of seven pixels, by one tile and two vectors.
     *
     * @param next  floats from the source of the first row to that of the second
     * @param yNext floats from the first row to the second
     */
    public void twoRows(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            @Nullable BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock, int next, int yNext) {
        if (px == lanes) {
            TapKernels.adjacent2x7vectors2(x, xo, px, taps, shift, steps, w, wo, y, yo, py, yBlock, next, yNext);
        } else {
            TapKernels.alternate2x7vectors2(x, xo, px, taps, shift, steps, w, wo, y, yo, py, yBlock, next, yNext);
        }
        for (int i = 0; epilogue != null && i < 4; i++) {
            epilogue.apply(this, channel + i / 2 * lanes, y, yo + i / 2 * yBlock + i % 2 * yNext, py, HALF);
        }
    }
}
