package thaw.kernels.cpu;

import java.util.Arrays;

/**
 * Images cut into tiles of 4×4 output pixels, each with the 6×6 input pixels that it depends on; numbered image by image,
 * row by row. Moves tiles between channel blocks and their transformed form {@code [36][block][tile][lane]}, for some
 * tiles {@code first … first + count − 1} at a time.
 *
 * @param h    of the input
 * @param outH of the output
 */
record WinogradTiles(Memory memory, int lanes, int images, int h, int w, int outH, int outW, int padH, int padW) {

    /** Outputs of a tile along one dimension. */
    private static final int OUT = 4;
    private static final int IN = 6;
    static final int POSITIONS = IN * IN;

    static int along(int extent) {
        return (extent + OUT - 1) / OUT;
    }

    private int rows() {
        return along(outH);
    }

    private int columns() {
        return along(outW);
    }

    int count() {
        return images * rows() * columns();
    }

    private int image(int tile) {
        return tile / (rows() * columns());
    }

    private int top(int tile) {
        return tile / columns() % rows() * OUT;
    }

    private int left(int tile) {
        return tile % columns() * OUT;
    }

    /** Transforms the input pixels of tiles {@code from … to − 1} of the part, for one of {@code blocks} channel blocks. */
    void input(float[] x, int blocks, int block, int first, int count, int from, int to, float[] v) {
        float[] scratch = memory.pool().take(2 * WinogradTransforms.SCRATCH);
        int position = blocks * count * lanes;
        for (int t = from; t < to; t++) {
            int top = top(first + t) - padH;
            int left = left(first + t) - padW;
            int plane = (image(first + t) * blocks + block) * h * w * lanes;
            int target = (block * count + t) * lanes;
            if (top >= 0 && left >= 0 && top + IN <= h && left + IN <= w) {
                WinogradTransforms.input(x, plane + (top * w + left) * lanes, w * lanes, scratch, v, target, position);
            } else {
                cutOut(x, plane, h, w, top, left, IN, scratch);
                WinogradTransforms.input(scratch, WinogradTransforms.SCRATCH, IN * lanes, scratch, v, target, position);
            }
        }
        memory.pool().give(scratch);
    }

    /** Transforms the gradients of the outputs of tiles {@code from … to − 1} of the part. */
    void gradient(float[] g, int blocks, int block, int first, int count, int from, int to, float[] m) {
        float[] scratch = memory.pool().take(2 * WinogradTransforms.SCRATCH);
        int position = blocks * count * lanes;
        for (int t = from; t < to; t++) {
            int top = top(first + t);
            int left = left(first + t);
            int plane = (image(first + t) * blocks + block) * outH * outW * lanes;
            int target = (block * count + t) * lanes;
            if (top + OUT <= outH && left + OUT <= outW) {
                WinogradTransforms.gradient(g, plane + (top * outW + left) * lanes, outW * lanes, scratch, m, target, position);
            } else {
                cutOut(g, plane, outH, outW, top, left, OUT, scratch);
                WinogradTransforms.gradient(scratch, WinogradTransforms.SCRATCH, OUT * lanes, scratch, m, target, position);
            }
        }
        memory.pool().give(scratch);
    }

    /** Copies {@code size × size} pixels, zeros outside the image, behind the transforms' own scratch. */
    private void cutOut(float[] x, int plane, int height, int width, int top, int left, int size, float[] scratch) {
        int to = WinogradTransforms.SCRATCH;
        Arrays.fill(scratch, to, to + size * size * lanes, 0);
        int low = Math.max(0, left);
        int high = Math.min(width, left + size);
        for (int i = Math.max(0, top); i < Math.min(height, top + size) && low < high; i++) {
            System.arraycopy(x, plane + (i * width + low) * lanes, scratch, to + ((i - top) * size + low - left) * lanes,
                    (high - low) * lanes);
        }
    }

    /** Transforms tiles {@code from … to − 1} of the part back to output pixels, and adds the bias. */
    void output(float[] m, int blocks, int block, int first, int count, int from, int to, float[] bias, float[] y) {
        float[] scratch = memory.pool().take(2 * WinogradTransforms.SCRATCH);
        int aside = WinogradTransforms.SCRATCH;
        int position = blocks * count * lanes;
        for (int t = from; t < to; t++) {
            int top = top(first + t);
            int left = left(first + t);
            int plane = (image(first + t) * blocks + block) * outH * outW * lanes;
            int source = (block * count + t) * lanes;
            if (top + OUT <= outH && left + OUT <= outW) {
                WinogradTransforms.output(m, source, position, scratch, bias, block * lanes,
                        y, plane + (top * outW + left) * lanes, outW * lanes);
            } else {
                WinogradTransforms.output(m, source, position, scratch, bias, block * lanes, scratch, aside, OUT * lanes);
                int run = Math.min(OUT, outW - left) * lanes;
                for (int i = 0; i < Math.min(OUT, outH - top); i++) {
                    System.arraycopy(scratch, aside + i * OUT * lanes, y, plane + ((top + i) * outW + left) * lanes, run);
                }
            }
        }
        memory.pool().give(scratch);
    }
}
