package thaw.finetune.images;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Objects;

/**
 * An 8-bit RGB image, {@code [height, width, 3]} with the channels of a pixel adjacent. Immutable by convention, and so
 * thread-safe: every operation returns another image.
 */
public final class RgbImage {
    private final int width;
    private final int height;
    private final byte[] rgb;

    private RgbImage(int width, int height, byte[] rgb) {
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /**
     * Wraps bytes without a copy; the caller must not change them afterwards.
     *
     * @param rgb {@code height * width * 3} bytes, rows from top to bottom, each pixel red, green, blue
     * @throws IllegalArgumentException if the sizes do not match
     */
    public static RgbImage of(int width, int height, byte[] rgb) {
        Objects.requireNonNull(rgb, "rgb");
        if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
            throw new IllegalArgumentException("an image of " + width + " x " + height + " pixels needs " + 3L * width * height
                    + " bytes and at least one pixel, got " + rgb.length + " bytes");
        }
        return new RgbImage(width, height, rgb);
    }

    /** Converts a Java2D image: transparency is dropped, and samples deeper than 8 bits keep their high byte. */
    public static RgbImage of(BufferedImage image) {
        return SampleConversion.toRgb(image);
    }

    /** The same pixels, as Java's class of images. */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, sample(x, y, 0) << 16 | sample(x, y, 1) << 8 | sample(x, y, 2));
            }
        }
        return image;
    }

    /** The width in pixels. */
    public int width() {
        return width;
    }

    /** The height in pixels. */
    public int height() {
        return height;
    }

    /** The image's own bytes, {@code [height, width, 3]}, not a copy; must not be written. */
    public byte[] rgb() {
        return rgb;
    }

    /** One sample, 0 to 255; {@code channel} is 0 for red, 1 for green, 2 for blue. */
    public int sample(int x, int y, int channel) {
        return rgb[3 * (y * width + x) + channel] & 0xff;
    }

    /**
     * The rectangle whose top left corner is ({@code left}, {@code top}).
     *
     * @throws IllegalArgumentException if it is not within the image
     */
    public RgbImage crop(int left, int top, int cropWidth, int cropHeight) {
        if (left < 0 || top < 0 || cropWidth < 1 || cropHeight < 1 || left > width - cropWidth || top > height - cropHeight) {
            throw new IllegalArgumentException("crop: " + cropWidth + " x " + cropHeight + " pixels at (" + left + ", " + top
                    + ") do not lie within an image of " + width + " x " + height);
        }
        if (cropWidth == width && cropHeight == height) {
            return this;
        }
        byte[] out = new byte[3 * cropWidth * cropHeight];
        for (int y = 0; y < cropHeight; y++) {
            System.arraycopy(rgb, 3 * ((top + y) * width + left), out, 3 * y * cropWidth, 3 * cropWidth);
        }
        return new RgbImage(cropWidth, cropHeight, out);
    }

    /** The image mirrored left to right. */
    public RgbImage flipHorizontally() {
        return Orientation.MIRRORED.apply(this);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RgbImage that && width == that.width && height == that.height && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(rgb);
    }

    @Override
    public String toString() {
        return "RgbImage[" + width + " x " + height + "]";
    }
}
