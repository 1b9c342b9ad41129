package thaw.kernels.cpu.microkernel;

/**
 * Covers a row of pixels with the micro-kernels' tiles. If the row is not a multiple of the tile, the last tile is the
 * narrowest one that covers the rest, shifted back over pixels that it recomputes, with the same bits.
 */
public final class PixelRow {

    /** Whether there are 32 vector registers, enough for tiles of 14 pixels by 2 vectors; with 16 the limit is 6 by 2. */
    public static final boolean MANY_REGISTERS = TapKernels.L == 16 || TapKernels.L == 4;

    private PixelRow() {
    }

    /** The tile width with the lowest cost for rows of this many pixels. */
    public static int tile(int pixels, int vectors) {
        int best = 1;
        double least = Double.MAX_VALUE;
        for (int width : widths(vectors)) {
            if (width <= pixels) {
                int rest = pixels % width;
                double cost = pixels / width * (width + OVERHEAD) + (rest == 0 ? 0 : last(rest, width, vectors) + OVERHEAD);
                if (cost < least) {
                    least = cost;
                    best = width;
                }
            }
        }
        return best;
    }

    /** The narrowest tile that covers the rest of a row. */
    private static int last(int rest, int tile, int vectors) {
        int narrowest = tile;
        for (int width : widths(vectors)) {
            if (width >= rest && width < narrowest) {
                narrowest = width;
            }
        }
        return narrowest;
    }

    private static int[] widths(int vectors) {
        return vectors == 1 ? ONE : MANY_REGISTERS ? TWO_OF_32 : TWO_OF_16;
    }

    /** The cost of loading the weights in each tile, in pixels. */
    private static final double OVERHEAD = 3;
    private static final int[] TWO_OF_32 = {14, 8, 7, 4, 1};
    private static final int[] TWO_OF_16 = {6, 4, 1};
    private static final int[] ONE = {14, 8, 7, 4, 1};

    /**
     * Runs tiles of {@code tile} pixels, and a narrower one for the rest, over a row; the other arguments are those of
     * {@link TapKernels}.
     *
     * @param tile     from {@link #tile}
     * @param blocks   the number of vectors of output channels: 1 or 2
     * @param epilogue null for none
     * @param channel  the channel of the first lane, for the epilogue
     */
    static void run(int pixels, int tile, int blocks, float[] x, int xo, int px, int[] taps, int shift, int steps,
            float[] w, int wo, BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock) {
        for (int p = 0; p < pixels; p += tile) {
            int width = pixels - p >= tile ? tile : last(pixels - p, tile, blocks);
            int at = Math.min(p, pixels - width);
            int xa = xo + at * px;
            int ya = yo + at * py;
            if (blocks == 2) {
                switch (width) {
                    case 14 -> {
                        if (px == TapKernels.L) {
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
                switch (width) {
                    case 14 -> {
                        if (px == TapKernels.L) {
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
            if (epilogue != null) {
                for (int v = 0; v < blocks; v++) {
                    PixelEpilogue.apply(epilogue, channel + v * TapKernels.L, y, ya + v * yBlock, py, width);
                }
            }
        }
    }
}
