package thaw.finetune.images;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;

/**
 * Converts Java2D's images to RGB bytes as Pillow's {@code convert("RGB")} does: samples are taken as stored, without colour
 * management (which {@link BufferedImage#getRGB} would apply to grey and profiled images, changing nearly every byte), and an
 * alpha channel is dropped, not blended. Samples deeper than 8 bits keep their 8 high bits; shallower ones are scaled to 0 to
 * 255.
 */
final class SampleConversion {
    private SampleConversion() {
    }

    static RgbImage toRgb(BufferedImage image) {
        ColorModel model = image.getColorModel();
        if (model.isAlphaPremultiplied()) {
            return toRgb(straightAlpha(image));
        }
        if (image.getType() == BufferedImage.TYPE_3BYTE_BGR) {
            return fromBytes(image);
        }
        if (model instanceof ComponentColorModel && isStoredAsShown(model.getColorSpace().getType())) {
            return fromSamples(image);
        }
        return fromColorModel(image);
    }

    /**
     * Converts CMYK to RGB without a profile: {@code r = (255 - k) - round((255 - k) * c / 255)}, likewise for the others.
     *
     * @param cmyk four samples per pixel; 255 is full ink
     */
    static void cmykToRgb(int[] cmyk, int pixels, byte[] rgb, int offset) {
        for (int i = 0; i < pixels; i++) {
            int light = 255 - cmyk[4 * i + 3];
            for (int c = 0; c < 3; c++) {
                rgb[offset + 3 * i + c] = (byte) Math.max(0, light - multiply255(cmyk[4 * i + c], light));
            }
        }
    }

    /** {@code round(a * b / 255)} in integers, for factors from 0 to 255. */
    private static int multiply255(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }

    private static boolean isStoredAsShown(int colorSpace) {
        return colorSpace == ColorSpace.TYPE_RGB || colorSpace == ColorSpace.TYPE_GRAY || colorSpace == ColorSpace.TYPE_CMYK;
    }

    /** Converts the type of decoded JPEG files; a raster returns its bands in order, red first, regardless of their layout. */
    private static RgbImage fromBytes(BufferedImage image) {
        Raster raster = image.getRaster();
        byte[] rgb = (byte[]) raster.getDataElements(raster.getMinX(), raster.getMinY(), image.getWidth(), image.getHeight(), null);
        return RgbImage.of(image.getWidth(), image.getHeight(), rgb);
    }

    private static RgbImage fromSamples(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        Raster raster = image.getRaster();
        int bands = raster.getNumBands();
        int colors = image.getColorModel().getNumColorComponents();
        byte[] rgb = new byte[3 * width * height];
        int[] row = new int[bands * width];
        for (int y = 0; y < height; y++) {
            readRow(image, y, row);
            int target = 3 * y * width;
            if (colors == 4) {
                cmykToRgb(bands == 4 ? row : firstBands(row, bands, width), width, rgb, target);
                continue;
            }
            int step = colors == 1 ? 0 : 1;
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    rgb[target++] = (byte) row[x * bands + c * step];
                }
            }
        }
        return RgbImage.of(width, height, rgb);
    }

    /**
     * Converts samples that were multiplied by alpha: {@code 255 c / alpha} of 8 bits each, rounded down and at most 255, as in
     * Pillow; transparent pixels become black.
     *
     * @param image an image of one or three colour components followed by alpha
     */
    static RgbImage fromAssociatedAlpha(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        int bands = image.getRaster().getNumBands();
        int colors = image.getColorModel().getNumColorComponents();
        byte[] rgb = new byte[3 * width * height];
        int[] row = new int[bands * width];
        for (int y = 0, target = 0; y < height; y++) {
            readRow(image, y, row);
            for (int x = 0; x < width; x++) {
                int alpha = row[x * bands + colors];
                for (int c = 0; c < 3; c++) {
                    int sample = row[x * bands + (colors == 1 ? 0 : c)];
                    rgb[target++] = (byte) (alpha == 0 ? 0 : Math.min(255, 255 * sample / alpha));
                }
            }
        }
        return RgbImage.of(width, height, rgb);
    }

    /** Reads a row of samples, converted to 8 bits. */
    private static void readRow(BufferedImage image, int y, int[] row) {
        Raster raster = image.getRaster();
        int left = raster.getMinX();
        int top = raster.getMinY() + y;
        if (isFloat(raster)) {
            float[] fractions = raster.getPixels(left, top, raster.getWidth(), 1, (float[]) null);
            for (int i = 0; i < row.length; i++) {
                row[i] = (int) Math.max(0, Math.min(255, fractions[i] * 255 + 0.5f));
            }
            return;
        }
        raster.getPixels(left, top, raster.getWidth(), 1, row);
        int bits = image.getColorModel().getComponentSize(0);
        int shift = Math.max(0, bits - 8);
        int most = bits < 8 ? (1 << bits) - 1 : 255;
        if (bits != 8) {
            for (int i = 0; i < row.length; i++) {
                /* Bits above the sample's are masked: readers that invert samples invert whole words. */
                int high = row[i] >>> shift & most;
                row[i] = most == 255 ? high : (high * 255 + most / 2) / most;
            }
        }
    }

    private static boolean isFloat(Raster raster) {
        int type = raster.getTransferType();
        return type == DataBuffer.TYPE_FLOAT || type == DataBuffer.TYPE_DOUBLE;
    }

    private static int[] firstBands(int[] row, int bands, int width) {
        int[] four = new int[4 * width];
        for (int x = 0; x < width; x++) {
            System.arraycopy(row, x * bands, four, 4 * x, 4);
        }
        return four;
    }

    /** Converts palettes, packed pixels and rare colour spaces by Java2D's conversion to sRGB, exact for the first two. */
    private static RgbImage fromColorModel(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[3 * width * height];
        int[] row = new int[width];
        for (int y = 0, target = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int pixel : row) {
                rgb[target++] = (byte) (pixel >> 16);
                rgb[target++] = (byte) (pixel >> 8);
                rgb[target++] = (byte) pixel;
            }
        }
        return RgbImage.of(width, height, rgb);
    }

    /** A copy whose colours are not multiplied by alpha; the given image is not changed. */
    private static BufferedImage straightAlpha(BufferedImage image) {
        BufferedImage copy = new BufferedImage(image.getColorModel(), image.copyData(null), true, null);
        copy.coerceData(false);
        return copy;
    }
}
