package thaw.finetune.augment;

import thaw.finetune.images.RgbImage;

/**
 * Resamples a square of an image through a {@link Projection}, with bilinear interpolation. Outside, the image is reflected
 * about the centers of its outermost pixels ({@code grid_sample} with {@code reflection} and {@code align_corners=True}, as in
 * fastai).
 *
 * <p>The corners of the square [-1, 1]² are the centers of the corner pixels. Positions are rounded to 1/65536 of a pixel, so
 * that a map onto pixel centers, such as a flip, gives the exact samples.
 *
 * @param levels {@code [3][256]}: the output for samples 0 to 255 of each channel; interpolated in between
 */
record Resampling(RgbImage image, float[][] levels) {
    private static final int FRACTION_BITS = 16;
    private static final int ONE = 1 << FRACTION_BITS;
    private static final int LEVELS = 256;

    /** Writes the square at ({@code left}, {@code top}) as {@code [3, size, size]} from {@code offset}. */
    void write(Projection map, int left, int top, int size, float[] chw, int offset) {
        if (map.equals(Projection.IDENTITY)) {
            copy(left, top, size, chw, offset);
            return;
        }
        double step = size == 1 ? 0 : 2.0 / (size - 1);
        double half = (size - 1) / 2.0;
        for (int y = 0; y < size; y++) {
            double v = size == 1 ? 0 : y * step - 1;
            double rowX = map.b() * v + map.c();
            double rowY = map.e() * v + map.f();
            double rowW = map.h() * v + map.i();
            for (int x = 0; x < size; x++) {
                double u = size == 1 ? 0 : x * step - 1;
                double w = map.g() * u + rowW;
                double sourceX = left + ((map.a() * u + rowX) / w + 1) * half;
                double sourceY = top + ((map.d() * u + rowY) / w + 1) * half;
                pixel(position(sourceX, image.width()), position(sourceY, image.height()), chw, offset + y * size + x,
                        size * size);
            }
        }
    }

    private void copy(int left, int top, int size, float[] chw, int offset) {
        byte[] rgb = image.rgb();
        for (int c = 0; c < levels.length; c++) {
            float[] level = levels[c];
            int target = offset + c * size * size;
            for (int y = 0; y < size; y++) {
                int source = 3 * ((top + y) * image.width() + left) + c;
                for (int x = 0; x < size; x++, source += 3) {
                    chw[target++] = level[rgb[source] & 0xff];
                }
            }
        }
    }

    /** A coordinate, reflected into the image, as a fixed-point number. */
    static int position(double coordinate, int extent) {
        double last = extent - 1;
        double inside = coordinate;
        if (inside < 0 || inside > last) {
            if (last == 0) {
                return 0;
            }
            inside = Math.abs(inside) % (2 * last);
            inside = inside > last ? 2 * last - inside : inside;
        }
        return (int) Math.rint(inside * ONE);
    }

    private void pixel(int x, int y, float[] chw, int target, int plane) {
        byte[] rgb = image.rgb();
        int column = x >> FRACTION_BITS;
        int row = y >> FRACTION_BITS;
        float right = (x & ONE - 1) / (float) ONE;
        float below = (y & ONE - 1) / (float) ONE;
        int topLeft = 3 * (row * image.width() + column);
        int toRight = right == 0 ? 0 : 3;
        int toBelow = below == 0 ? 0 : 3 * image.width();
        for (int c = 0; c < levels.length; c++, topLeft++) {
            int a = rgb[topLeft] & 0xff;
            int b = rgb[topLeft + toRight] & 0xff;
            int d = rgb[topLeft + toBelow] & 0xff;
            int e = rgb[topLeft + toBelow + toRight] & 0xff;
            float upper = a + (b - a) * right;
            float lower = d + (e - d) * right;
            chw[target + c * plane] = between(levels[c], upper + (lower - upper) * below);
        }
    }

    private static float between(float[] level, float sample) {
        int lower = Math.min((int) sample, LEVELS - 1);
        float rest = sample - lower;
        return rest == 0 ? level[lower] : level[lower] + (level[Math.min(lower + 1, LEVELS - 1)] - level[lower]) * rest;
    }
}
