package thaw.kernels.cpu.conv;

import java.util.Arrays;
import thaw.kernels.cpu.parallel.Workers;

/**
 * Every {@code stepW}-th pixel of every {@code stepH}-th row, side by side: the pixels that a 1×1 convolution with a
 * stride reads. The convolution then has stride 1 and reads whole cache lines for every tile of output channels, instead
 * of every other one.
 *
 * @param planes channel blocks of all images
 * @param lanes  floats in a pixel
 */
record SampledImages(int planes, int height, int width, int lanes, int stepH, int stepW) implements SourceCopy {

    /** Rows that an item copies. */
    private static final int PIECE = 7;

    int sampledHeight() {
        return (height - 1) / stepH + 1;
    }

    int sampledWidth() {
        return (width - 1) / stepW + 1;
    }

    @Override
    public int plane() {
        return sampledHeight() * sampledWidth() * lanes;
    }

    @Override
    public int length() {
        return planes * plane() + PaddedImages.SLACK;
    }

    @Override
    public void copy(Workers workers, float[] from, float[] to) {
        int pieces = (sampledHeight() + PIECE - 1) / PIECE;
        workers.run(planes * pieces, item -> {
            int p = item / pieces;
            int first = item % pieces * PIECE;
            int dst = p * plane() + first * sampledWidth() * lanes;
            for (int row = first; row < Math.min(sampledHeight(), first + PIECE); row++) {
                int src = (p * height + row * stepH) * width * lanes;
                for (int i = src; i < src + width * lanes; i += stepW * lanes, dst += lanes) {
                    System.arraycopy(from, i, to, dst, lanes);
                }
            }
        });
        Arrays.fill(to, planes * plane(), length(), 0);
    }
}
