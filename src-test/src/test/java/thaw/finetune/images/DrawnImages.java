package thaw.finetune.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;

/** Images computed from coordinates by formulas that the scripts for Pillow's expected values use too. */
final class DrawnImages {
    private DrawnImages() {
    }

    /** {@code (7 x + 13 y + 29 c + x y mod 31) mod 256}. */
    static RgbImage waves(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % width;
            int y = i / 3 / width;
            rgb[i] = (byte) (x * 7 + y * 13 + i % 3 * 29 + x * y % 31);
        }
        return RgbImage.of(width, height, rgb);
    }

    /** The image of the fixtures, see their README. */
    static RgbImage fixture() {
        byte[] rgb = new byte[3 * 19 * 13];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % 19;
            int y = i / 3 / 19;
            rgb[i] = (byte) (x * 9 + y * 14 + i % 3 * 50 + (x / 6 + y / 5) % 2 * 90);
        }
        return RgbImage.of(19, 13, rgb);
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream in = DrawnImages.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    static long crc(RgbImage image) {
        CRC32 crc = new CRC32();
        crc.update(image.rgb());
        return crc.getValue();
    }

    /** Converts an image to Java2D's type, for encoding. */
    static BufferedImage buffered(RgbImage image, int type) {
        BufferedImage out = new BufferedImage(image.width(), image.height(), type);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                out.setRGB(x, y, 0xff000000 | image.sample(x, y, 0) << 16 | image.sample(x, y, 1) << 8 | image.sample(x, y, 2));
            }
        }
        return out;
    }

    static byte[] encode(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (!ImageIO.write(image, format, out)) {
            throw new IOException("no writer for " + format);
        }
        return out.toByteArray();
    }
}
