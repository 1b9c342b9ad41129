package thaw.finetune.images.webp;

import java.util.Arrays;

/**
 * The samples of luma or of one chroma, for whole macroblocks, with a border for predictions: pixels above the image count as
 * 127, those to its left as 129 (RFC 6386, section 12.2).
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

    /** Distance of vertical neighbors. */
    int stride() {
        return stride;
    }

    /** Index of a sample; -1 stands for the borders above and to the left. */
    int at(int x, int y) {
        return (y + 1) * stride + BORDER + x;
    }

    /** Repeats the last sample of a row to its right, where predictions of the row below look for four more. */
    void extendRow(int y) {
        int end = at(width, y);
        Arrays.fill(samples, end, end + BORDER, samples[end - 1]);
    }
}
