package thaw.finetune.images.webp;

import java.util.Arrays;

/**
 * The residuals of macroblocks as dequantized coefficients, the transformed differences from the prediction (RFC 6386,
 * section 13). A macroblock has 16 luma blocks and 4 blocks of each chroma component, each of 4 × 4 coefficients. If luma is
 * predicted as a whole, the first coefficients of its blocks are coded as one more block, which is transformed a second time.
 */
final class Residual {
    /** The number of the first chroma block; the second component's blocks begin four further on. */
    static final int FIRST_CHROMA = 16;
    private static final int BLOCKS = 24;
    /** Kinds of blocks, in the numbering of the probabilities. */
    private static final int LUMA_WITHOUT_DC = 0;
    private static final int SECOND = 1;
    private static final int CHROMA = 2;
    private static final int LUMA = 3;
    /** Flags per macroblock: whether its lowest or rightmost blocks have coefficients; 4 luma, 2 + 2 chroma, 1 second-order. */
    private static final int FLAGS = 9;
    private static final int SECOND_FLAG = 8;

    private static final int[] ZIGZAG = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};
    /** The probabilities of a large coefficient's extra bits for each of its ranges, most significant bit first. */
    private static final int[][] EXTRA_BITS = {{173, 148, 140}, {176, 155, 140, 135}, {180, 157, 141, 134, 130},
        {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}};

    private final int[] probabilities;
    private final int[] above;
    private final int[] left = new int[FLAGS];
    private final short[] coefficients = new short[16 * BLOCKS];
    private final short[] second = new short[16];
    /** The number of coefficients of each block up to the last coded one, in zigzag order. */
    private final int[] ends = new int[BLOCKS];

    /** @param columns the number of macroblocks in a row */
    Residual(int[] probabilities, int columns) {
        this.probabilities = probabilities;
        this.above = new int[FLAGS * columns];
    }

    /** Adds a block's differences to the 4 × 4 samples starting at index {@code at}. */
    void add(int block, Plane plane, int at) {
        if (ends[block] > 1) {
            InverseTransform.addCosine(coefficients, 16 * block, plane.samples(), at, plane.stride());
        } else if (coefficients[16 * block] != 0) {
            InverseTransform.addMean(coefficients[16 * block], plane.samples(), at, plane.stride());
        }
    }

    void beginRow() {
        Arrays.fill(left, 0);
    }

    /** Skips a macroblock in this column that has no coefficients. */
    void skip(int column, boolean bySubblock) {
        int flags = bySubblock ? SECOND_FLAG : FLAGS;
        Arrays.fill(above, FLAGS * column, FLAGS * column + flags, 0);
        Arrays.fill(left, 0, flags, 0);
    }

    /**
     * Reads the coefficients of the next macroblock, which is in this column.
     *
     * @return whether any is non-zero
     */
    boolean read(BoolDecoder in, int column, boolean bySubblock, Dequantizer factors) {
        Arrays.fill(coefficients, (short) 0);
        int flags = FLAGS * column;
        if (!bySubblock) {
            Arrays.fill(second, (short) 0);
            int context = above[flags + SECOND_FLAG] + left[SECOND_FLAG];
            int end = readBlock(in, SECOND, context, 0, factors.secondDc(), factors.secondAc(), second, 0);
            above[flags + SECOND_FLAG] = left[SECOND_FLAG] = end > 0 ? 1 : 0;
            InverseTransform.walshHadamard(second, coefficients);
        }
        int kind = bySubblock ? LUMA : LUMA_WITHOUT_DC;
        boolean any = readBlocks(in, kind, 0, 4, flags, 0, factors.lumaDc(), factors.lumaAc());
        any |= readBlocks(in, CHROMA, FIRST_CHROMA, 2, flags + 4, 4, factors.chromaDc(), factors.chromaAc());
        return any | readBlocks(in, CHROMA, FIRST_CHROMA + 4, 2, flags + 6, 6, factors.chromaDc(), factors.chromaAc());
    }

    /** Reads a square of {@code side × side} blocks; contexts are whether the blocks above and to the left have coefficients. */
    private boolean readBlocks(BoolDecoder in, int kind, int firstBlock, int side, int firstAbove, int firstLeft, int dc,
            int ac) {
        boolean any = false;
        int first = kind == LUMA_WITHOUT_DC ? 1 : 0;
        int block = firstBlock;
        for (int y = firstLeft; y < firstLeft + side; y++) {
            for (int x = firstAbove; x < firstAbove + side; x++, block++) {
                int end = readBlock(in, kind, above[x] + left[y], first, dc, ac, coefficients, 16 * block);
                above[x] = left[y] = end > first ? 1 : 0;
                ends[block] = end;
                any |= end > 1 || coefficients[16 * block] != 0;
            }
        }
        return any;
    }

    /** Reads a block from coefficient {@code first} on; returns the position after the last coded one. */
    private int readBlock(BoolDecoder in, int kind, int context, int first, int dc, int ac, short[] block, int at) {
        int p = CoefficientProbabilities.index(kind, first, context);
        int position = first;
        while (position < 16) {
            if (!in.read(probabilities[p])) {
                return position;
            }
            while (!in.read(probabilities[p + 1])) {
                if (++position == 16) {
                    return 16;
                }
                p = CoefficientProbabilities.index(kind, position, 0);
            }
            int magnitude = in.read(probabilities[p + 2]) ? readLarge(in, p) : 1;
            int level = in.read(128) ? -magnitude : magnitude;
            block[at + ZIGZAG[position]] = (short) (level * (position == 0 ? dc : ac));
            position++;
            p = CoefficientProbabilities.index(kind, position, magnitude == 1 ? 1 : 2);
        }
        return 16;
    }

    /** Reads a magnitude of at least 2. */
    private int readLarge(BoolDecoder in, int p) {
        if (!in.read(probabilities[p + 3])) {
            return !in.read(probabilities[p + 4]) ? 2 : in.read(probabilities[p + 5]) ? 4 : 3;
        }
        if (!in.read(probabilities[p + 6])) {
            if (!in.read(probabilities[p + 7])) {
                return in.read(159) ? 6 : 5;
            }
            return 7 + (in.read(165) ? 2 : 0) + (in.read(145) ? 1 : 0);
        }
        int category = in.read(probabilities[p + 8]) ? in.read(probabilities[p + 10]) ? 3 : 2
                : in.read(probabilities[p + 9]) ? 1 : 0;
        int extra = 0;
        for (int probability : EXTRA_BITS[category]) {
            extra = extra << 1 | (in.read(probability) ? 1 : 0);
        }
        return 3 + (8 << category) + extra;
    }
}
