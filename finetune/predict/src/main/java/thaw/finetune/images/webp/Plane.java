package thaw.finetune.images.webp;

import java.util.Arrays;

/**
 * The samples of luma or of one chroma component, for whole macroblocks, with a border for predictions: the samples above the
 * image are 127, those to its left 129 (RFC 6386, section 12.2).
 */
final class Plane {
    private static final int BORDER = 4;

    private final byte[] samples;
    private final int width;
    private final int stride;

    Plane(int width, int height) {
        this.width = width;
        this.stride = width + 2 * BORDER;
        this.samples = new byte[stride * (height + 1)];
        Arrays.fill(samples, 0, stride, (byte) 127);
        for (int y = 0; y < height; y++) {
            samples[at(-1, y)] = (byte) 129;
        }
    }

    byte[] samples() {
        return samples;
    }

    /** The distance of vertical neighbors in {@link #samples}. */
    int stride() {
        return stride;
    }

    /** The index of a sample; a coordinate of -1 is the border above or to the left. */
    int at(int x, int y) {
        return (y + 1) * stride + BORDER + x;
    }

    /** Repeats the last sample of a row to its right, where predictions of the row below read four more samples. */
    void extendRow(int y) {
        int end = at(width, y);
        Arrays.fill(samples, end, end + BORDER, samples[end - 1]);
    }
}
