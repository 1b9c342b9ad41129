package thaw.finetune.images;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import javax.imageio.ImageReader;
import thaw.finetune.images.webp.WebpFile;

/**
 * Files to {@link RgbImage}s: JPEG, PNG, GIF (its first picture), BMP, WebP and TIFF (its first page), turned upright by the
 * EXIF orientation. Color profiles are ignored and transparency is dropped, as Pillow does when it opens a file and converts
 * it to RGB.
 *
 * <p>Stateless, so safe from many threads. Files are read into memory first: no cache files appear on disk and ImageIO's global
 * settings stay as the application has them.
 */
public final class ImageDecoder {
    /** Larger pictures are refused before memory is asked for: a header of 30 bytes can claim anything. */
    static final long MAX_PIXELS = 200_000_000L;
    private static final long MAX_FILE_BYTES = 1L << 30;

    private ImageDecoder() {
    }

    /**
     * Reads an image file.
     *
     * @throws ImageReadException when it is missing, is no image, is damaged or cut short, or has more than 200 million pixels
     */
    public static RgbImage decode(Path file) {
        return decode(read(file), file.toString());
    }

    /**
     * Decodes the bytes of an image file.
     *
     * @param name what to call the image in messages
     * @throws ImageReadException as {@link #decode(Path)}
     */
    public static RgbImage decode(byte[] bytes, String name) {
        if (bytes.length == 0) {
            throw new ImageReadException(name + ": the file is empty; expected an image (" + ImageFormat.names() + ")");
        }
        ImageFormat format = ImageFormat.of(bytes).orElseThrow(() -> new ImageReadException(name
                + ": not an image; its first bytes are those of none of " + ImageFormat.names()));
        try {
            return switch (format) {
                case JPEG -> decodeJpeg(bytes);
                case WEBP -> decodeWebp(bytes);
                default -> decodeOther(format, bytes);
            };
        } catch (EOFException broken) {
            throw new ImageReadException(name + ": broken " + format + " file: it is cut short; replace or remove it", broken);
        } catch (IOException broken) {
            throw new ImageReadException(name + ": broken " + format + " file: " + broken.getMessage()
                    + "; replace or remove it", broken);
        }
    }

    private static byte[] read(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (attributes.isDirectory() || attributes.isOther()) {
                throw new ImageReadException(file + ": is a " + (attributes.isDirectory() ? "folder" : "pipe, a socket or a device")
                        + "; expected an image file");
            }
            long size = attributes.size();
            if (size > MAX_FILE_BYTES) {
                throw new ImageReadException(file + ": " + size + " bytes are too many for an image; expected at most "
                        + MAX_FILE_BYTES);
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException missing) {
            throw new ImageReadException(file + ": no such file; expected an image", missing);
        } catch (AccessDeniedException denied) {
            throw new ImageReadException(file + ": cannot be read: permission denied", denied);
        } catch (IOException unreadable) {
            throw new ImageReadException(file + ": cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    private static RgbImage decodeJpeg(byte[] bytes) throws IOException {
        JpegMarkers markers = JpegMarkers.read(bytes);
        checkSize(markers.width(), markers.height());
        RgbImage stored = switch (markers.colorModel()) {
            case GRAY, RGB, YCBCR -> ImageReaders.read(ImageFormat.JPEG, markers.plain(), ImageDecoder::readColors);
            case CMYK -> ImageReaders.read(ImageFormat.JPEG, markers.plain(), reader -> InkJpeg.read(reader, false));
            case YCCK -> ImageReaders.read(ImageFormat.JPEG, markers.plain(), reader -> InkJpeg.read(reader, true));
        };
        return markers.orientation().apply(stored);
    }

    private static RgbImage decodeOther(ImageFormat format, byte[] bytes) throws IOException {
        RgbImage stored = ImageReaders.read(format, bytes, ImageDecoder::readColors);
        return switch (format) {
            case TIFF -> Orientation.ofTiff(bytes).apply(stored);
            case PNG -> Orientation.ofTiff(ExifChunk.ofPng(bytes)).apply(stored);
            default -> stored;
        };
    }

    private static RgbImage decodeWebp(byte[] bytes) throws IOException {
        WebpFile file = WebpFile.read(bytes);
        checkSize(file.width(), file.height());
        RgbImage stored = RgbImage.of(file.width(), file.height(), file.decode());
        return Orientation.ofTiff(ExifChunk.ofWebp(bytes)).apply(stored);
    }

    private static RgbImage readColors(ImageReader reader) throws IOException {
        checkSize(reader.getWidth(0), reader.getHeight(0));
        return RgbImage.of(reader.read(0));
    }

    static void checkSize(int width, int height) throws IOException {
        if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
            throw new IOException("it claims " + width + " x " + height + " pixels; expected at least one and at most "
                    + MAX_PIXELS);
        }
    }
}
