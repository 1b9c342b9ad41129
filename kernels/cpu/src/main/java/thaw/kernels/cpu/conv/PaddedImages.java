package thaw.kernels.cpu.conv;

import java.util.Arrays;
import thaw.kernels.cpu.parallel.Workers;

/**
 * Images with their padding stored as zeros, so that the inner loops need no border test. Each plane is one channel block
 * (or one channel, for row-major images) of one image.
 *
 * @param lanes floats in a pixel
 */
record PaddedImages(int planes, int height, int width, int lanes, int top, int left, int bottom, int right)
        implements SourceCopy {

    /** Floats past the end that kernels which load eight numbers at a time may read. */
    static final int SLACK = 16;

    /** Rows that an item copies. */
    private static final int PIECE = 32;

    int paddedHeight() {
        return height + top + bottom;
    }

    int paddedWidth() {
        return width + left + right;
    }

    @Override
    public int plane() {
        return paddedHeight() * paddedWidth() * lanes;
    }

    @Override
    public int length() {
        return planes * plane() + SLACK;
    }

    @Override
    public void copy(Workers workers, float[] from, float[] to) {
        int row = paddedWidth() * lanes;
        int run = width * lanes;
        int pieces = (height + PIECE - 1) / PIECE;
        workers.run(planes * pieces, item -> {
            int p = item / pieces;
            int first = item % pieces * PIECE;
            int end = Math.min(height, first + PIECE);
            int src = (p * height + first) * run;
            int dst = p * plane() + (top + first) * row;
            if (first == 0) {
                Arrays.fill(to, p * plane(), dst, 0);
            }
            for (int i = first; i < end; i++) {
                Arrays.fill(to, dst, dst + left * lanes, 0);
                System.arraycopy(from, src, to, dst + left * lanes, run);
                Arrays.fill(to, dst + left * lanes + run, dst + row, 0);
                src += run;
                dst += row;
            }
            if (end == height) {
                Arrays.fill(to, dst, (p + 1) * plane(), 0);
            }
        });
        Arrays.fill(to, planes * plane(), length(), 0);
    }
}
