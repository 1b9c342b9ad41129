package thaw.finetune.images;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;

/**
 * From Java2D's images to RGB bytes, as Pillow's {@code convert("RGB")} does it: samples are taken as they are stored,
 * without color management (which {@link BufferedImage#getRGB} would apply to gray and profiled images, changing nearly every
 * byte), and an alpha channel is dropped, not blended.
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
     * CMYK to RGB without a profile: {@code r = (255 - k) - round((255 - k) * c / 255)}, likewise for the others.
     *
     * @param cmyk four samples a pixel, 255 is full ink
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

    /** What JPEG files are decoded to: a raster hands out its bands in order, red first, however they lie. */
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
        float[] fractions = isFloat(raster) ? new float[bands * width] : null;
        for (int y = 0; y < height; y++) {
            readRow(raster, y, row, fractions);
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

    /** One row of samples, brought to 8 bits. */
    private static void readRow(Raster raster, int y, int[] row, float[] fractions) {
        int left = raster.getMinX();
        int top = raster.getMinY() + y;
        if (fractions != null) {
            raster.getPixels(left, top, raster.getWidth(), 1, fractions);
            for (int i = 0; i < row.length; i++) {
                row[i] = (int) Math.max(0, Math.min(255, fractions[i] * 255 + 0.5f));
            }
            return;
        }
        raster.getPixels(left, top, raster.getWidth(), 1, row);
        int shift = switch (raster.getTransferType()) {
            case DataBuffer.TYPE_USHORT, DataBuffer.TYPE_SHORT -> 8;
            case DataBuffer.TYPE_INT -> 24;
            default -> 0;
        };
        if (shift > 0) {
            for (int i = 0; i < row.length; i++) {
                row[i] = row[i] >>> shift;
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

    /** Palettes, packed pixels and the rarer color spaces: Java2D's own conversion to sRGB, which is exact for the first two. */
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

    /** A copy whose colors are no longer multiplied by alpha; the given image stays as it is. */
    private static BufferedImage straightAlpha(BufferedImage image) {
        BufferedImage copy = new BufferedImage(image.getColorModel(), image.copyData(null), true, null);
        copy.coerceData(false);
        return copy;
    }
}
