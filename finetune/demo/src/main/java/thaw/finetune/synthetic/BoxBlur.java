package thaw.finetune.synthetic;

/** A box blur: the mean over a square of neighbours, along rows and then along columns. Border pixels repeat outwards. */
final class BoxBlur {

    private BoxBlur() {
    }

    /**
     * @param pixels a square of packed RGB, changed in place
     * @param radius neighbours on either side; 0 changes nothing
     */
    static void blur(int[] pixels, int side, int radius) {
        if (radius > 0) {
            int[] line = new int[side];
            for (int k = 0; k < side; k++) {
                along(pixels, k * side, 1, side, radius, line);
            }
            for (int k = 0; k < side; k++) {
                along(pixels, k, side, side, radius, line);
            }
        }
    }

    private static void along(int[] pixels, int start, int step, int n, int radius, int[] line) {
        int red = 0;
        int green = 0;
        int blue = 0;
        for (int k = -radius; k <= radius; k++) {
            int p = pixels[start + step * clamp(k, n)];
            red += p >> 16 & 255;
            green += p >> 8 & 255;
            blue += p & 255;
        }
        int width = 2 * radius + 1;
        for (int k = 0; k < n; k++) {
            line[k] = red / width << 16 | green / width << 8 | blue / width;
            int in = pixels[start + step * clamp(k + radius + 1, n)];
            int out = pixels[start + step * clamp(k - radius, n)];
            red += (in >> 16 & 255) - (out >> 16 & 255);
            green += (in >> 8 & 255) - (out >> 8 & 255);
            blue += (in & 255) - (out & 255);
        }
        for (int k = 0; k < n; k++) {
            pixels[start + step * k] = line[k];
        }
    }

    private static int clamp(int k, int n) {
        return Math.max(0, Math.min(n - 1, k));
    }
}
