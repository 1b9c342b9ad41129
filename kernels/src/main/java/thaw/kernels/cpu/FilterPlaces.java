package thaw.kernels.cpu;

/**
 * The places of a filter that take part in a walk over pixels, and where each meets the source: place {@code i} is the
 * filter's row-major position {@code position[i]}, and its source pixel lies {@code offset[i]} pixels after the walk's.
 */
record FilterPlaces(int[] position, int[] offset) {

    int count() {
        return position.length;
    }

    /** All places of a filter over a source of {@code width} columns. */
    static FilterPlaces all(int rows, int columns, int dilationH, int dilationW, int width) {
        int[] position = new int[rows * columns];
        int[] offset = new int[rows * columns];
        for (int i = 0; i < position.length; i++) {
            position[i] = i;
            offset[i] = i / columns * dilationH * width + i % columns * dilationW;
        }
        return new FilterPlaces(position, offset);
    }

    /**
     * Where each tap of the micro-kernel lies: channel block by channel block, place by place.
     *
     * @param blockSize floats of one channel block of the source
     * @param lanes     floats of a source pixel
     */
    int[] taps(int blocks, int blockSize, int lanes) {
        int[] taps = new int[blocks * count()];
        for (int i = 0; i < taps.length; i++) {
            taps[i] = i / count() * blockSize + offset[i % count()] * lanes;
        }
        return taps;
    }
}
