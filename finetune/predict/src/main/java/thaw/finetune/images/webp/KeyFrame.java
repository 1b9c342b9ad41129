package thaw.finetune.images.webp;

import java.io.EOFException;

/**
 * Decodes a key frame, which depends on no other frame, one macroblock of 16 × 16 pixels after another: each is predicted from
 * the pixels above and to its left, and its residual is added (RFC 6386, sections 5 and 14.5).
 */
final class KeyFrame {
    private static final int MACROBLOCK = 16;
    private static final int CHROMA_BLOCK = 8;
    /** A flag stored with a filter level: edges between subblocks are filtered too. */
    private static final int FILTERS_SUBBLOCKS = 64;

    private final int width;
    private final int height;
    private final int columns;
    private final int rows;
    private final Segments segments;
    private final LoopFilter filter;
    private final Dequantizer[] dequantizers;
    private final Plane luma;
    private final Plane[] chroma;
    /** The loop filter level of each macroblock, with {@link #FILTERS_SUBBLOCKS}; the filter runs after all are decoded. */
    private final byte[] filterLevels;

    KeyFrame(int width, int height, Segments segments, LoopFilter filter, Dequantizer[] dequantizers) {
        this.width = width;
        this.height = height;
        this.columns = (width + MACROBLOCK - 1) / MACROBLOCK;
        this.rows = (height + MACROBLOCK - 1) / MACROBLOCK;
        this.segments = segments;
        this.filter = filter;
        this.dequantizers = dequantizers;
        this.luma = new Plane(MACROBLOCK * columns, MACROBLOCK * rows);
        this.chroma = new Plane[] {new Plane(CHROMA_BLOCK * columns, CHROMA_BLOCK * rows),
            new Plane(CHROMA_BLOCK * columns, CHROMA_BLOCK * rows)};
        this.filterLevels = new byte[columns * rows];
    }

    /**
     * Decodes the frame.
     *
     * @param first           the first partition, positioned at the first macroblock's modes
     * @param skipProbability see {@link IntraModes}
     * @param probabilities   see {@link CoefficientProbabilities}
     * @param partitions      the partitions of coefficients
     * @return RGB, {@code [height, width, 3]}
     * @throws EOFException if a partition ends before its last macroblock
     */
    byte[] decode(BoolDecoder first, int skipProbability, int[] probabilities, BoolDecoder[] partitions) throws EOFException {
        IntraModes modes = new IntraModes(first, segments, skipProbability, columns);
        Residual residual = new Residual(probabilities, columns);
        Prediction ofLuma = new Prediction(luma);
        Prediction[] ofChroma = {new Prediction(chroma[0]), new Prediction(chroma[1])};
        for (int row = 0; row < rows; row++) {
            BoolDecoder coefficients = partitions[row % partitions.length];
            modes.beginRow();
            residual.beginRow();
            for (int column = 0; column < columns; column++) {
                modes.read(column);
                boolean hasResidual = readResidual(coefficients, column, modes, residual);
                first.checkEnd();
                coefficients.checkEnd();
                predictLuma(ofLuma, column, row, modes, residual, hasResidual);
                for (int plane = 0; plane < 2; plane++) {
                    predictChroma(ofChroma[plane], plane, column, row, modes, residual, hasResidual);
                }
                int level = filter.level(modes.segment(), modes.bySubblock());
                filterLevels[row * columns + column] = (byte) (level
                        | (hasResidual || modes.bySubblock() ? FILTERS_SUBBLOCKS : 0));
            }
            luma.extendRow(MACROBLOCK * row + MACROBLOCK - 1);
        }
        applyFilter();
        return new YuvToRgb(luma, chroma, width, height).convert();
    }

    private boolean readResidual(BoolDecoder coefficients, int column, IntraModes modes, Residual residual) {
        if (modes.skipped()) {
            residual.skip(column, modes.bySubblock());
            return false;
        }
        return residual.read(coefficients, column, modes.bySubblock(), dequantizers[modes.segment()]);
    }

    private void predictLuma(Prediction prediction, int column, int row, IntraModes modes, Residual residual,
            boolean hasResidual) {
        int x = MACROBLOCK * column;
        int y = MACROBLOCK * row;
        if (!modes.bySubblock()) {
            prediction.block(modes.luma(), luma.at(x, y), MACROBLOCK, row > 0, column > 0);
        }
        for (int i = 0; i < Residual.FIRST_CHROMA; i++) {
            int at = luma.at(x + i % 4 * 4, y + i / 4 * 4);
            if (modes.bySubblock()) {
                /* The macroblock to the right is not yet decoded, so the rightmost subblocks use the row above the macroblock. */
                int aboveRight = i % 4 == 3 ? luma.at(x + MACROBLOCK, y - 1) : at - luma.stride() + 4;
                prediction.subblock(modes.subblock(i), at, aboveRight);
            }
            if (hasResidual) {
                residual.add(i, luma, at);
            }
        }
    }

    private void predictChroma(Prediction prediction, int plane, int column, int row, IntraModes modes, Residual residual,
            boolean hasResidual) {
        int x = CHROMA_BLOCK * column;
        int y = CHROMA_BLOCK * row;
        prediction.block(modes.chroma(), chroma[plane].at(x, y), CHROMA_BLOCK, row > 0, column > 0);
        for (int i = 0; i < 4 && hasResidual; i++) {
            int at = chroma[plane].at(x + i % 2 * 4, y + i / 2 * 4);
            residual.add(Residual.FIRST_CHROMA + 4 * plane + i, chroma[plane], at);
        }
    }

    private void applyFilter() {
        for (int i = 0; i < filterLevels.length; i++) {
            int level = filterLevels[i] & FILTERS_SUBBLOCKS - 1;
            filter.apply(luma, chroma, i % columns, i / columns, level, (filterLevels[i] & FILTERS_SUBBLOCKS) != 0);
        }
    }
}
