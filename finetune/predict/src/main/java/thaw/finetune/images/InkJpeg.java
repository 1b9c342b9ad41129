package thaw.finetune.images;

import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.ImageReader;

/**
 * JPEGs of four components. ImageIO returns their samples as stored; like Pillow, this class treats all of them as Adobe's, which
 * store 255 minus the ink.
 */
final class InkJpeg {
    private InkJpeg() {
    }

    /** @param ycck whether the first three components are YCbCr of the colour 255 minus cyan, magenta and yellow */
    static RgbImage read(ImageReader reader, boolean ycck) throws IOException {
        Raster raster = reader.readRaster(0, null);
        int width = raster.getWidth();
        int height = raster.getHeight();
        byte[] rgb = new byte[3 * width * height];
        int[] row = new int[4 * width];
        for (int y = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            if (ycck) {
                toStoredCmyk(row);
            }
            for (int i = 0; i < row.length; i++) {
                row[i] = 255 - row[i];
            }
            SampleConversion.cmykToRgb(row, width, rgb, 3 * y * width);
        }
        return RgbImage.of(width, height, rgb);
    }

    /**
     * {@code C = 255 - (Y + 1.402 Cr'), M = 255 - (Y - 0.344136 Cb' - 0.714136 Cr'), Y = 255 - (Y + 1.772 Cb')} with Cb' and Cr'
     * less 128 (JFIF 1.02, and Adobe's technical note 5116), in 16-bit fixed point.
     */
    private static void toStoredCmyk(int[] row) {
        for (int i = 0; i < row.length; i += 4) {
            int luma = row[i];
            int cb = row[i + 1] - 128;
            int cr = row[i + 2] - 128;
            row[i] = 255 - clamp(luma + (91881 * cr + 32768 >> 16));
            row[i + 1] = 255 - clamp(luma + (-22554 * cb - 46802 * cr + 32768 >> 16));
            row[i + 2] = 255 - clamp(luma + (116130 * cb + 32768 >> 16));
        }
    }

    private static int clamp(int sample) {
        return Math.max(0, Math.min(255, sample));
    }
}
