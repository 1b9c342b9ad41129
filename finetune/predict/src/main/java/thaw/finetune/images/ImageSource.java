package thaw.finetune.images;

import java.awt.image.BufferedImage;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * An image in any form that an application has it in: a file, the bytes of one, or decoded pixels. Made without decoding, so that
 * an unreadable image fails where it is decoded. Immutable, and so thread-safe, as long as the caller does not change the array,
 * buffer or image that it gave.
 */
public final class ImageSource {

    /** Decodes the image and reduces it, as {@link #decode} documents. */
    private interface Decoding {
        RgbImage run(long maxPixels, UnaryOperator<RgbImage> reduce);
    }

    private final String name;
    private final Decoding decoding;

    private ImageSource(String name, Decoding decoding) {
        this.name = Objects.requireNonNull(name, "name");
        this.decoding = decoding;
    }

    /** An image file, read when it is decoded; its path is its name. */
    public static ImageSource of(Path file) {
        Objects.requireNonNull(file, "file");
        return new ImageSource(file.toString(), (maxPixels, reduce) -> ImageDecoder.decode(file, maxPixels, reduce));
    }

    /**
     * The bytes of an image file, which are not copied.
     *
     * @param name the image's name, for messages
     */
    public static ImageSource of(byte[] file, String name) {
        Objects.requireNonNull(file, "file");
        return new ImageSource(name, (maxPixels, reduce) -> ImageDecoder.decode(file, name, maxPixels, reduce));
    }

    /**
     * The bytes of an image file between a buffer's position and its limit, which are copied; the buffer's position stays.
     *
     * @param name the image's name, for messages
     */
    public static ImageSource of(ByteBuffer file, String name) {
        byte[] bytes = new byte[file.remaining()];
        file.duplicate().get(bytes);
        return of(bytes, name);
    }

    /**
     * The bytes of an image file from a stream, such as an upload, which this method reads to its end and does not close.
     *
     * @param name the image's name, for messages
     * @throws ImageReadException if reading fails, or the file would take more than a quarter of Java's heap
     */
    public static ImageSource of(InputStream file, String name) {
        return of(ImageDecoder.read(file, name), name);
    }

    /**
     * A decoded image. Transparency is dropped, and samples deeper than 8 bits keep their high byte.
     *
     * @param name the image's name, for messages
     * @throws NullPointerException if {@code image} is null, the result of {@code ImageIO.read} for a file that it cannot decode
     */
    public static ImageSource of(BufferedImage image, String name) {
        Objects.requireNonNull(image, () -> name + ": the BufferedImage is null, the result of ImageIO.read for a file that is no"
                + " image or of a format that the JDK does not read; check for null, or pass the file or its bytes, which are"
                + " decoded in more formats and with a message");
        return new ImageSource(name, (maxPixels, reduce) -> ImageDecoder.reduce(RgbImage.of(image), name, reduce));
    }

    /**
     * A decoded image.
     *
     * @param name the image's name, for messages
     */
    public static ImageSource of(RgbImage image, String name) {
        Objects.requireNonNull(image, "image");
        return new ImageSource(name, (maxPixels, reduce) -> ImageDecoder.reduce(image, name, reduce));
    }

    /**
     * The square that {@link Transforms#square} made of an image: it is not reduced again, so that an application can decode ahead, on
     * threads of its own.
     *
     * @param name the image's name, for messages
     */
    public static ImageSource ofSquare(RgbImage square, String name) {
        Objects.requireNonNull(square, "square");
        return new ImageSource(name, (maxPixels, reduce) -> square);
    }

    /** The image's name in messages: a file's path, or the name given. */
    public String name() {
        return name;
    }

    /**
     * Decodes the image and reduces it, with its memory reserved until the reduction is done.
     *
     * @param maxPixels the limit of pixels of files, from 1 to {@link ImageDecoder#MOST_PIXELS}; decoded images have none
     * @param reduce    such as a resizing; throws an IllegalArgumentException if it refuses the image's size
     * @throws ImageReadException under the conditions of {@link ImageDecoder#decode(Path)}, and if {@code reduce} refuses the
     *                            image's size
     */
    public RgbImage decode(long maxPixels, UnaryOperator<RgbImage> reduce) {
        return decoding.run(maxPixels, reduce);
    }

    /** The {@link #name}. */
    @Override
    public String toString() {
        return name;
    }
}
