package thaw.finetune.images.webp;

/**
 * Converts luma and subsampled chroma to RGB, in libwebp's integer arithmetic. A chroma sample lies at the centre of four luma
 * samples, whose chroma is interpolated between its four neighbors:
 * {@code (9 nearest + 3 beside + 3 above or below + diagonal + 8) / 16}. The conversion is that of ITU-R BT.601 from the range
 * 16 to 235.
 */
record YuvToRgb(Plane luma, Plane[] chroma, int width, int height) {
    /** The pixels, {@code [height, width, 3]}. */
    byte[] convert() {
        byte[] rgb = new byte[3 * width * height];
        int[] u = new int[width + 2];
        int[] v = new int[width + 2];
        int lastRow = (height - 1) / 2;
        for (int y = 0; y < height; y++) {
            int near = y / 2;
            int far = Math.max(0, Math.min(lastRow, near + (y % 2 == 0 ? -1 : 1)));
            interpolate(chroma[0], near, far, u);
            interpolate(chroma[1], near, far, v);
            convertRow(luma.samples(), luma.at(0, y), u, v, rgb, 3 * y * width);
        }
        return rgb;
    }

    /** Interpolates a row of chroma to luma's resolution; the first and last samples are repeated beyond the ends. */
    private void interpolate(Plane plane, int near, int far, int[] row) {
        byte[] s = plane.samples();
        int nearRow = plane.at(0, near);
        int farRow = plane.at(0, far);
        int columns = (width + 1) / 2;
        int left = 3 * (s[nearRow] & 0xff) + (s[farRow] & 0xff);
        row[0] = left + 2 >> 2;
        for (int x = 1; x < columns; x++) {
            int right = 3 * (s[nearRow + x] & 0xff) + (s[farRow + x] & 0xff);
            row[2 * x - 1] = 3 * left + right + 8 >> 4;
            row[2 * x] = left + 3 * right + 8 >> 4;
            left = right;
        }
        row[2 * columns - 1] = left + 2 >> 2;
    }

    private void convertRow(byte[] samples, int from, int[] u, int[] v, byte[] rgb, int to) {
        for (int x = 0; x < width; x++) {
            int y = (samples[from + x] & 0xff) * 19077 >> 8;
            rgb[to + 3 * x] = clamp(y + (v[x] * 26149 >> 8) - 14234);
            rgb[to + 3 * x + 1] = clamp(y - (u[x] * 6419 >> 8) - (v[x] * 13320 >> 8) + 8708);
            rgb[to + 3 * x + 2] = clamp(y + (u[x] * 33050 >> 8) - 17685);
        }
    }

    /** Rounds down a number with 6 fractional bits and clamps it to a byte. */
    private static byte clamp(int value) {
        return (byte) Math.max(0, Math.min(255, value >> 6));
    }
}
