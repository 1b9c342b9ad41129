package thaw.kernels.cpu;

import java.util.Arrays;

/**
 * Images with their padding written out as zeros, so that the inner loops need no test for the border. Each plane is one
 * channel block (or one channel, for row-major images) of one image.
 *
 * @param lanes floats of a pixel
 */
record PaddedImages(int planes, int height, int width, int lanes, int top, int left, int bottom, int right)
        implements SourceCopy {

    /** Floats read past the end by kernels that take eight numbers at a time. */
    static final int SLACK = 16;

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
        workers.run(planes, p -> {
            int src = p * height * run;
            int dst = p * plane();
            Arrays.fill(to, dst, dst + top * row + left * lanes, 0);
            dst += top * row + left * lanes;
            for (int i = 0; i < height; i++) {
                System.arraycopy(from, src, to, dst, run);
                Arrays.fill(to, dst + run, dst + (i == height - 1 ? run + right * lanes : row), 0);
                src += run;
                dst += row;
            }
            Arrays.fill(to, (p + 1) * plane() - bottom * row, (p + 1) * plane(), 0);
        });
        Arrays.fill(to, planes * plane(), length(), 0);
    }
}
