package thaw.kernels.cpu.microkernel;

/**
 * The filter positions that take part in a walk over pixels, and the source pixel of each: entry {@code i} is the filter's
 * row-major position {@code position[i]}, and its source pixel is {@code offset[i]} pixels after the walk's.
 */
public record FilterPlaces(int[] position, int[] offset) {

    public int count() {
        return position.length;
    }

    /** All positions of a filter over a source of {@code width} columns. */
    public static FilterPlaces all(int rows, int columns, int dilationH, int dilationW, int width) {
        int[] position = new int[rows * columns];
        int[] offset = new int[rows * columns];
        for (int i = 0; i < position.length; i++) {
            position[i] = i;
            offset[i] = i / columns * dilationH * width + i % columns * dilationW;
        }
        return new FilterPlaces(position, offset);
    }

    /**
     * The source offset of each tap of the micro-kernel, in floats: channel block by channel block, position by position.
     *
     * @param blockSize floats in one channel block of the source
     * @param lanes     floats in a source pixel
     */
    public int[] taps(int blocks, int blockSize, int lanes) {
        int[] taps = new int[blocks * count()];
        for (int i = 0; i < taps.length; i++) {
            taps[i] = i / count() * blockSize + offset[i % count()] * lanes;
        }
        return taps;
    }
}
