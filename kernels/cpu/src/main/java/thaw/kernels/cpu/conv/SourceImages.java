package thaw.kernels.cpu.conv;

import java.util.Arrays;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.parallel.Workers;

/**
 * A copy of a convolution's source in a layout that the inner loops can walk over. Each plane is one channel block (or one
 * channel, for row-major images) of one image.
 */
sealed interface SourceImages {

    /** Floats past the end that kernels which load eight numbers at a time may read. */
    int SLACK = 16;

    int planes();

    /** The height of the copy in pixels. */
    int rows();

    /** The width of the copy in pixels. */
    int columns();

    /** Floats in a pixel. */
    int lanes();

    /** Copies all planes to {@code to}, which has {@link #length} floats. */
    void copy(Workers workers, float[] from, float[] to);

    /** Floats in a plane of the copy. */
    default int plane() {
        return rows() * columns() * lanes();
    }

    /** Floats in the whole copy. */
    default int length() {
        return planes() * plane() + SLACK;
    }

    /** The copy that a convolution of {@code x} with {@code w} reads. */
    static SourceImages of(Shape x, Shape w, Conv2dOptions o, int lanes) {
        int planes = x.dim(0) * CpuArray.channelBlocks(x.dim(1), lanes);
        return isSampled(w, o) ? new Sampled(planes, x.dim(2), x.dim(3), lanes, o.strideH(), o.strideW())
                : new Padded(planes, x.dim(2), x.dim(3), lanes, o.paddingH(), o.paddingW(), o.paddingH(), o.paddingW());
    }

    /** Whether a convolution reads only some pixels of its input, each at a single position of its filter (1×1 with stride). */
    static boolean isSampled(Shape w, Conv2dOptions o) {
        return w.dim(2) == 1 && w.dim(3) == 1 && o.strideH() + o.strideW() > 2 && o.paddingH() == 0 && o.paddingW() == 0;
    }

    /** Images with their padding stored as zeros, so that the inner loops need no border test. */
    record Padded(int planes, int height, int width, int lanes, int top, int left, int bottom, int right)
            implements
            SourceImages {

        /** Rows that an item copies. */
        private static final int PIECE = 32;

        /** Whether the copy is the source itself. */
        boolean isUnpadded() {
            return top + left + bottom + right == 0;
        }

        @Override
        public int rows() {
            return height + top + bottom;
        }

        @Override
        public int columns() {
            return width + left + right;
        }

        @Override
        public void copy(Workers workers, float[] from, float[] to) {
            int row = columns() * lanes;
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

    /**
     * Every {@code stepW}-th pixel of every {@code stepH}-th row, side by side: the pixels that a 1×1 convolution with a
     * stride reads. The convolution then has stride 1 and reads whole cache lines for every tile of output channels,
     * instead of every other one.
     */
    record Sampled(int planes, int height, int width, int lanes, int stepH, int stepW) implements SourceImages {

        /** Rows that an item copies. */
        private static final int PIECE = 7;

        @Override
        public int rows() {
            return (height - 1) / stepH + 1;
        }

        @Override
        public int columns() {
            return (width - 1) / stepW + 1;
        }

        @Override
        public void copy(Workers workers, float[] from, float[] to) {
            int pieces = (rows() + PIECE - 1) / PIECE;
            workers.run(planes * pieces, item -> {
                int p = item / pieces;
                int first = item % pieces * PIECE;
                int dst = p * plane() + first * columns() * lanes;
                for (int row = first; row < Math.min(rows(), first + PIECE); row++) {
                    int src = (p * height + row * stepH) * width * lanes;
                    for (int i = src; i < src + width * lanes; i += stepW * lanes, dst += lanes) {
                        System.arraycopy(from, i, to, dst, lanes);
                    }
                }
            });
            Arrays.fill(to, planes * plane(), length(), 0);
        }
    }
}
