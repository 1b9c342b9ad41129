package thaw.kernels.cpu;

import java.util.Arrays;

/**
 * Images cut into tiles of 4×4 output pixels, each with the 6×6 input pixels that it depends on; where a height or width is no
 * multiple of 4, the last tiles are shorter and have fewer {@link WinogradPoints}. Moves tiles between channel blocks and their
 * transformed form {@code [36][block][tile][lane]}, for some tiles {@code first … first + count − 1} at a time.
 *
 * <p>Tiles are numbered so that those that have a pair of points are neighbours, whichever the pair: first the narrow ones,
 * then the whole ones, the low ones, and those that are both.
 * <pre>
 *        whole  whole  narrow
 *        whole  whole  narrow         narrow, of all images │ whole │ low │ both
 *         low    low    both
 * </pre>
 *
 * @param h    of the input
 * @param outH of the output
 */
record WinogradTiles(Memory memory, int lanes, int images, int h, int w, int outH, int outW, int padH, int padW) {

    private static final int OUT = WinogradPoints.OUTPUTS;
    private static final int LINE = WinogradPoints.LINE;

    /** Products along an image's line of this many outputs. */
    static int products(int outputs) {
        return outputs / OUT * LINE + (outputs % OUT == 0 ? 0 : outputs % OUT + 2);
    }

    /** Tiles along an image's line of this many outputs. */
    static int along(int outputs) {
        return (outputs + OUT - 1) / OUT;
    }

    int count() {
        return images * along(outH) * along(outW);
    }

    private int rows() {
        return outH / OUT;
    }

    private int columns() {
        return outW / OUT;
    }

    private int narrow() {
        return outW % OUT == 0 ? 0 : images * rows();
    }

    private int whole() {
        return images * rows() * columns();
    }

    private int low() {
        return outH % OUT == 0 ? 0 : images * columns();
    }

    /** The first tile that has this pair of points. */
    int begin(int pair) {
        return pair % LINE < outW % OUT + 2 ? 0 : narrow();
    }

    /** The end of the tiles that have this pair of points. */
    int end(int pair) {
        boolean isInNarrow = pair % LINE < outW % OUT + 2;
        boolean isInLow = pair / LINE < outH % OUT + 2;
        return !isInLow ? narrow() + whole() : isInNarrow ? count() : narrow() + whole() + low();
    }

    /** Where a tile lies, and how many outputs it has. */
    private final class Place {
        final int image;
        final int top;
        final int left;
        final int height;
        final int width;

        Place(int tile) {
            int narrow = narrow();
            int whole = narrow + whole();
            int low = whole + low();
            int row;
            int column;
            if (tile < narrow) {
                image = tile / rows();
                row = tile % rows();
                column = columns();
            } else if (tile < whole) {
                int i = tile - narrow;
                image = i / (rows() * columns());
                row = i / columns() % rows();
                column = i % columns();
            } else if (tile < low) {
                image = (tile - whole) / columns();
                row = rows();
                column = (tile - whole) % columns();
            } else {
                image = tile - low;
                row = rows();
                column = columns();
            }
            top = row * OUT;
            left = column * OUT;
            height = Math.min(OUT, outH - top);
            width = Math.min(OUT, outW - left);
        }

        boolean isWhole() {
            return height == OUT && width == OUT;
        }
    }

    /** Transforms the input pixels of tiles {@code from … to − 1} of the part, for one of {@code blocks} channel blocks. */
    void input(float[] x, int blocks, int block, int first, int count, int from, int to, float[] v) {
        int aside = WinogradPoints.scratch(lanes);
        float[] scratch = memory.pool().take(2 * aside);
        int pair = blocks * count * lanes;
        for (int t = from; t < to; t++) {
            Place p = new Place(first + t);
            int top = p.top - padH;
            int left = p.left - padW;
            int plane = (p.image * blocks + block) * h * w * lanes;
            int target = (block * count + t) * lanes;
            float[] source = x;
            int at = plane + (top * w + left) * lanes;
            int row = w * lanes;
            if (top < 0 || left < 0 || top + p.height + 2 > h || left + p.width + 2 > w) {
                cutOut(x, plane, top, left, p.height + 2, p.width + 2, scratch, aside);
                source = scratch;
                at = aside;
                row = LINE * lanes;
            }
            if (p.isWhole()) {
                WinogradInput.whole(source, at, row, scratch, v, target, pair);
            } else {
                WinogradInput.part(p.height, p.width, source, at, row, scratch, v, target, pair);
            }
        }
        memory.pool().give(scratch);
    }

    /** Copies pixels of the input, zeros outside the image. */
    private void cutOut(float[] x, int plane, int top, int left, int height, int width, float[] to, int at) {
        Arrays.fill(to, at, at + height * LINE * lanes, 0);
        int low = Math.max(0, left);
        int high = Math.min(w, left + width);
        for (int i = Math.max(0, top); i < Math.min(h, top + height) && low < high; i++) {
            System.arraycopy(x, plane + (i * w + low) * lanes, to, at + ((i - top) * LINE + low - left) * lanes,
                    (high - low) * lanes);
        }
    }

    /** Transforms the gradients of the outputs of tiles {@code from … to − 1} of the part. */
    void gradient(float[] g, int blocks, int block, int first, int count, int from, int to, float[] m) {
        float[] scratch = memory.pool().take(WinogradPoints.scratch(lanes));
        int pair = blocks * count * lanes;
        for (int t = from; t < to; t++) {
            Place p = new Place(first + t);
            int at = (((p.image * blocks + block) * outH + p.top) * outW + p.left) * lanes;
            int target = (block * count + t) * lanes;
            if (p.isWhole()) {
                WinogradGradient.whole(g, at, outW * lanes, scratch, m, target, pair);
            } else {
                WinogradGradient.part(p.height, p.width, g, at, outW * lanes, scratch, m, target, pair);
            }
        }
        memory.pool().give(scratch);
    }

    /**
     * Transforms products of {@code count} tiles back to output pixels.
     *
     * @param m       {@code [36][vectors][tile][lane]}, of some channel blocks
     * @param vector  which of these
     * @param block   which of all {@code blocks} it is
     */
    void output(float[] m, int vectors, int vector, int first, int count, BlockedEpilogue e, float[] y, int blocks, int block) {
        float[] scratch = memory.pool().take(WinogradPoints.scratch(lanes));
        int pair = vectors * count * lanes;
        for (int t = 0; t < count; t++) {
            Place p = new Place(first + t);
            int at = (((p.image * blocks + block) * outH + p.top) * outW + p.left) * lanes;
            int source = (vector * count + t) * lanes;
            if (p.isWhole()) {
                WinogradOutput.whole(m, source, pair, scratch, e, block * lanes, y, at, outW * lanes);
            } else {
                WinogradOutput.part(p.height, p.width, m, source, pair, scratch, e, block * lanes, y, at, outW * lanes);
            }
        }
        memory.pool().give(scratch);
    }
}
