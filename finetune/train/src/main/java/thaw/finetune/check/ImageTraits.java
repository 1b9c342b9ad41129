package thaw.finetune.check;

import thaw.finetune.images.Resize;
import thaw.finetune.images.RgbImage;

/**
 * The measures and the thumbnail of an image that the check keeps after decoding: one kibibyte.
 *
 * @param width      in pixels
 * @param height     in pixels
 * @param hash       of the size and all pixels
 * @param brightness the luma, 0 to 1, that 5 % of the pixels exceed
 * @param sharpness  the variance of the Laplacian of the luma by that of the luma itself, of the image with a short side of at most 256
 *                   pixels: independent of size and contrast; 0 for an image of one colour
 * @param thumbnail  the luma of the whole image squeezed to 32 x 32 pixels, row by row
 */
record ImageTraits(int width, int height, int hash, double brightness, double sharpness, byte[] thumbnail) {

    /** The side of a thumbnail, in pixels. */
    static final int SIDE = 32;
    private static final int SHORT_SIDE = 256;
    private static final double BRIGHTEST = 0.05;
    private static final int LEVELS = 256;

    static ImageTraits of(RgbImage image) {
        RgbImage small = Math.min(image.width(), image.height()) > SHORT_SIDE ? Resize.shortSide(image, SHORT_SIDE) : image;
        int[] luma = luma(small);
        return new ImageTraits(image.width(), image.height(), image.hashCode(), brightness(luma), sharpness(luma, small.width()),
                thumbnail(small));
    }

    double shortSide() {
        return Math.min(width, height);
    }

    /** The long side by the short one. */
    double ratio() {
        return Math.max(width, height) / shortSide();
    }

    /** By the coefficients of ITU-R BT.601, 0 to 255. */
    private static int[] luma(RgbImage image) {
        int[] luma = new int[image.width() * image.height()];
        byte[] rgb = image.rgb();
        for (int i = 0; i < luma.length; i++) {
            luma[i] = (299 * (rgb[3 * i] & 0xff) + 587 * (rgb[3 * i + 1] & 0xff) + 114 * (rgb[3 * i + 2] & 0xff)) / 1000;
        }
        return luma;
    }

    private static byte[] thumbnail(RgbImage image) {
        int[] luma = luma(Resize.to(image, SIDE, SIDE));
        byte[] bytes = new byte[luma.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) luma[i];
        }
        return bytes;
    }

    private static double brightness(int[] luma) {
        int[] counts = new int[LEVELS];
        for (int value : luma) {
            counts[value]++;
        }
        int level = LEVELS - 1;
        for (long above = counts[level]; above <= BRIGHTEST * luma.length && level > 0; above += counts[level]) {
            level--;
        }
        return level / (LEVELS - 1.0);
    }

    private static double sharpness(int[] luma, int width) {
        int height = luma.length / width;
        double[] laplacian = new double[Math.max(0, width - 2) * Math.max(0, height - 2)];
        int at = 0;
        for (int y = 1; y < height - 1; y++) {
            for (int x = 1; x < width - 1; x++) {
                int i = y * width + x;
                laplacian[at++] = luma[i - width] + luma[i + width] + luma[i - 1] + luma[i + 1] - 4 * luma[i];
            }
        }
        double[] plain = new double[luma.length];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = luma[i];
        }
        double contrast = variance(plain);
        return contrast == 0 || laplacian.length == 0 ? 0 : variance(laplacian) / contrast;
    }

    private static double variance(double[] values) {
        double sum = 0;
        double squares = 0;
        for (double value : values) {
            sum += value;
            squares += value * value;
        }
        return squares / values.length - sum / values.length * (sum / values.length);
    }
}
