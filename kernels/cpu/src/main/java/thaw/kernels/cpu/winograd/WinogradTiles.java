package thaw.kernels.cpu.winograd;

import java.util.Arrays;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;

/**
 * Images divided into tiles of 4×4 output pixels, each with the 6×6 input pixels that it depends on;
 * if a height or width is not a multiple, the last tiles are shorter and have fewer {@link WinogradPoints}. With a stride
 * of 2 a tile depends on 9×9 input pixels, and {@link WinogradPhases} replace the points. Converts tiles between channel
 * blocks and their transformed form {@code [pair][block][tile][lane]}, for some tiles {@code first … first + count − 1} at
 * a time.
 *
 * <p>Tiles are numbered so that the tiles that have a given pair of points are contiguous, for every pair: first the
 * narrow ones, then the whole ones, the low ones, and those that are both narrow and low.
 * <pre>
 *        whole  whole  narrow
 *        whole  whole  narrow         narrow, of all images │ whole │ low │ both
 *         low    low    both
 * </pre>
 *
 * @param h      the input's height
 * @param outH   the output's height
 * @param stride 1 or 2
 */
record WinogradTiles(Memory memory, TileTransforms transforms, int lanes, int images, int h, int w, int outH, int outW, int padH,
        int padW, int stride) {

    private static final int OUT = WinogradPoints.OUTPUTS;
    private static final int LINE = WinogradPoints.LINE;

    /** The most whole tiles that are transformed together: their lines take half the first-level cache. */
    private static final int STRIP = 8;

    /** Products along an image's line of this many outputs. */
    static int products(int outputs, int stride) {
        return stride * outputs + (3 - stride) * along(outputs);
    }

    /** Tiles along an image's line of this many outputs. */
    static int along(int outputs) {
        return (outputs + OUT - 1) / OUT;
    }

    /** Products of a whole tile along a line. */
    private int line() {
        return stride == 1 ? WinogradPoints.LINE : WinogradPhases.LINE;
    }

    /** Pairs of points, and products, of a whole tile. */
    int pairs() {
        return line() * line();
    }

    /** The index of the filter value that is multiplied at this pair. */
    int filterValue(int pair) {
        return stride == 1 ? pair
                : Math.min(pair / line(), WinogradPhases.TAP) * 6 + Math.min(pair % line(), WinogradPhases.TAP);
    }

    /** Floats of scratch that the transforms need. */
    private int scratch() {
        return stride == 1 ? LINE * (OUT * STRIP + 2) * lanes : pairs() * lanes;
    }

    private boolean has(int outputs, int point) {
        return stride == 1 ? WinogradPoints.has(outputs, point) : WinogradPhases.has(outputs, point);
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
        return has(outW % OUT, pair % line()) ? 0 : narrow();
    }

    /** The end (exclusive) of the tiles that have this pair of points. */
    int end(int pair) {
        boolean isInNarrow = has(outW % OUT, pair % line());
        boolean isInLow = has(outH % OUT, pair / line());
        return !isInLow ? narrow() + whole() : isInNarrow ? count() : narrow() + whole() + low();
    }

    /** A tile's position and its number of outputs. */
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

        /** The number of tiles from this one on to transform together: up to {@code most} adjacent whole ones. */
        int strip(int most) {
            return stride == 2 || !isWhole() ? 1 : Math.min(Math.min(most, STRIP), columns() - left / OUT);
        }
    }

    /**
     * Transforms the input pixels of tiles {@code from … to − 1} of the part, for channel blocks {@code block … end − 1}
     * of all {@code blocks}.
     */
    void input(float[] x, int blocks, int block, int end, int first, int count, int from, int to, float[] v) {
        int aside = scratch();
        float[] scratch = memory.pool().take(2 * aside);
        int tiles;
        for (int t = from; t < to; t += tiles) {
            Place p = new Place(first + t);
            tiles = p.strip(to - t);
            int top = stride * p.top - padH;
            int left = stride * p.left - padW;
            for (int b = block; b < end; b++) {
                int plane = (p.image * blocks + b) * h * w * lanes;
                int target = (b * count + t) * lanes;
                if (stride == 1 && p.isWhole()) {
                    inputStrip(x, plane, top, left, tiles, scratch, aside, v, target, blocks * count * lanes);
                } else {
                    inputTile(x, plane, top, left, p.height, p.width, scratch, aside, v, target, blocks * count * lanes);
                }
            }
        }
        memory.pool().give(scratch);
    }

    private void inputTile(float[] x, int plane, int top, int left, int rows, int columns, float[] scratch, int aside, float[] v,
            int target, int pair) {
        int height = stride * (rows - 1) + 3;
        int width = stride * (columns - 1) + 3;
        float[] source = x;
        int at = plane + (top * w + left) * lanes;
        int row = w * lanes;
        if (top < 0 || left < 0 || top + height > h || left + width > w) {
            cutOut(x, plane, top, left, height, width, scratch, aside);
            source = scratch;
            at = aside;
            row = width * lanes;
        }
        if (stride == 2) {
            transforms.stridedInput(rows, columns, source, at, row, scratch, v, target, pair);
        } else {
            transforms.input(rows, columns, source, at, row, scratch, v, target, pair);
        }
    }

    /** Adjacent whole tiles. Columns outside the image are zero after the transform, too. */
    private void inputStrip(float[] x, int plane, int top, int left, int tiles, float[] scratch, int aside, float[] v,
            int target, int pair) {
        int width = OUT * tiles + 2;
        int line = width * lanes;
        int low = Math.max(0, left);
        int high = Math.min(w, left + width);
        float[] source = x;
        int at = plane + (top * w + low) * lanes;
        int row = w * lanes;
        boolean isCut = top < -1 || top + LINE > h + 1;
        if (isCut) {
            cutOut(x, plane, top, low, LINE, high - low, scratch, aside);
            source = scratch;
            at = aside;
            row = (high - low) * lanes;
        }
        boolean isAbove = !isCut && top < 0;
        boolean isBelow = !isCut && top + LINE > h;
        if (isAbove || isBelow) {
            Arrays.fill(scratch, aside, aside + (high - low) * lanes, 0);
        }
        transforms.inputColumns(high - low, isAbove ? scratch : source, isAbove ? aside : at, source, at, row,
                isBelow ? scratch : source, isBelow ? aside : at + (LINE - 1) * row, scratch, (low - left) * lanes, line);
        for (int i = 0; i < LINE; i++) {
            Arrays.fill(scratch, i * line, i * line + (low - left) * lanes, 0);
            Arrays.fill(scratch, i * line + (high - left) * lanes, (i + 1) * line, 0);
            transforms.inputRows(tiles, scratch, i * line, v, target + i * LINE * pair, pair);
        }
    }

    /** Copies pixels of the input, zeros outside the image. */
    private void cutOut(float[] x, int plane, int top, int left, int height, int width, float[] to, int at) {
        int low = Math.max(0, left);
        int high = Math.min(w, left + width);
        for (int i = top; i < top + height; i++) {
            int row = at + (i - top) * width * lanes;
            if (i < 0 || i >= h || low >= high) {
                Arrays.fill(to, row, row + width * lanes, 0);
            } else {
                Arrays.fill(to, row, row + (low - left) * lanes, 0);
                System.arraycopy(x, plane + (i * w + low) * lanes, to, row + (low - left) * lanes, (high - low) * lanes);
                Arrays.fill(to, row + (high - left) * lanes, row + width * lanes, 0);
            }
        }
    }

    /** Transforms the output gradients of tiles {@code from … to − 1} of the part, for some channel blocks likewise. */
    void gradient(float[] g, int blocks, int block, int end, int first, int count, int from, int to, float[] m) {
        float[] scratch = memory.pool().take(scratch());
        int pair = blocks * count * lanes;
        int row = outW * lanes;
        int tiles;
        for (int t = from; t < to; t += tiles) {
            Place p = new Place(first + t);
            tiles = p.strip(to - t);
            for (int b = block; b < end; b++) {
                int at = (((p.image * blocks + b) * outH + p.top) * outW + p.left) * lanes;
                int target = (b * count + t) * lanes;
                if (stride == 2) {
                    transforms.stridedGradient(p.height, p.width, g, at, row, scratch, m, target, pair);
                } else if (p.isWhole()) {
                    int line = OUT * tiles * lanes;
                    transforms.gradientColumns(OUT * tiles, g, at, row, scratch, 0, line);
                    for (int i = 0; i < LINE; i++) {
                        transforms.gradientRows(tiles, scratch, i * line, m, target + i * LINE * pair, pair);
                    }
                } else {
                    transforms.gradient(p.height, p.width, g, at, row, scratch, m, target, pair);
                }
            }
        }
        memory.pool().give(scratch);
    }

    /**
     * Transforms products of {@code count} tiles back to output pixels.
     *
     * @param m     {@code [pair][vectors][tile][lane]} from {@code mo} on, of some channel blocks
     * @param block the first of these, of all {@code blocks}
     */
    void output(float[] m, int mo, int vectors, int first, int count, BlockedEpilogue e, float[] y, int blocks, int block) {
        float[] scratch = memory.pool().take(scratch());
        int pair = vectors * count * lanes;
        int row = outW * lanes;
        int tiles;
        for (int t = 0; t < count; t += tiles) {
            Place p = new Place(first + t);
            tiles = p.strip(count - t);
            for (int i = 0; i < vectors; i++) {
                int channel = (block + i) * lanes;
                int at = (((p.image * blocks + block + i) * outH + p.top) * outW + p.left) * lanes;
                int source = mo + (i * count + t) * lanes;
                if (stride == 2) {
                    transforms.stridedOutput(p.height, p.width, m, source, pair, scratch, e, channel, y, at, row);
                } else if (p.isWhole()) {
                    int line = OUT * tiles * lanes;
                    for (int j = 0; j < LINE; j++) {
                        transforms.outputRows(tiles, m, source + j * LINE * pair, pair, scratch, j * line);
                    }
                    transforms.outputColumns(OUT * tiles, scratch, 0, line, e, channel, y, at, row);
                } else {
                    transforms.output(p.height, p.width, m, source, pair, scratch, e, channel, y, at, row);
                }
            }
        }
        memory.pool().give(scratch);
    }
}
