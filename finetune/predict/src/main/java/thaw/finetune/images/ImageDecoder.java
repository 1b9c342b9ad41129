package thaw.finetune.images;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import thaw.finetune.images.webp.WebpFile;

/**
 * Decodes files to {@link RgbImage}s: JPEG, PNG, GIF (first frame), BMP, WebP, TIFF (first page) and Netpbm's PPM, PGM and PBM,
 * rotated upright by the orientation in EXIF or XMP. Colour profiles are ignored and transparency is dropped, as in Pillow's
 * {@code Image.open(file).convert("RGB")}.
 *
 * <p>Thread-safe; threads wait for one another if their images together need more than half of Java's heap. Files are read into
 * memory first: no cache files are written, and ImageIO's global settings are not changed.
 */
public final class ImageDecoder {
    /** The default limit of pixels, which is also Pillow's. */
    public static final long MAX_PIXELS = 178_956_970L;
    /** The greatest number of pixels that fits into a byte array. */
    public static final long MOST_PIXELS = (Integer.MAX_VALUE - 8) / 3;

    private static final long MAX_FILE_BYTES = 1L << 30;
    private static final int PIECE = 1 << 16;

    /** Places in a PNG file's header, whose first chunk is always IHDR. */
    private static final int PNG_WIDTH = 16;
    private static final int PNG_HEIGHT = 20;
    private static final int PNG_DEPTH = 24;
    private static final int PNG_COLOR_TYPE = 25;
    /** Places in a BMP file's headers. */
    private static final int BMP_PIXELS = 10;
    private static final int BMP_HEADER_BYTES = 14;
    private static final int BMP_COMPRESSION = 30;
    /** The most bytes per compressed byte: Deflate copies up to 258 bytes by a length and a distance of one bit each. */
    private static final long MOST_EXPANSION = 1032;

    /** The source of a file's bytes. */
    private interface Source {
        byte[] read(DecodingMemory memory);
    }

    private ImageDecoder() {
    }

    /**
     * Reads an image file of at most {@link #MAX_PIXELS} pixels.
     *
     * @throws ImageReadException if the file is missing, is not an image or of an unsupported kind, is damaged or cut short, has
     *                            too many pixels, or needs more than a quarter of Java's heap for its bytes, half of it to decode, or
     *                            more than 240 MiB and 240 times its bytes
     */
    public static RgbImage decode(Path file) {
        return decode(file, MAX_PIXELS, UnaryOperator.identity());
    }

    /**
     * Reads an image file and reduces it, with the image's memory reserved until the reduction is done.
     *
     * @param maxPixels the limit of pixels, from 1 to {@link #MOST_PIXELS}
     * @param then      the reduction, such as a resizing; throws an IllegalArgumentException if it refuses the image's size
     * @throws ImageReadException under the conditions of {@link #decode(Path)}, and if {@code then} refuses the image's size
     */
    public static RgbImage decode(Path file, long maxPixels, UnaryOperator<RgbImage> then) {
        return decode(memory -> read(file, memory), file.toString(), maxPixels, then);
    }

    /**
     * Decodes the bytes of an image file of at most {@link #MAX_PIXELS} pixels.
     *
     * @param name the image's name, for messages
     * @throws ImageReadException under the conditions of {@link #decode(Path)}
     */
    public static RgbImage decode(byte[] bytes, String name) {
        return decode(bytes, name, MAX_PIXELS, UnaryOperator.identity());
    }

    static RgbImage decode(byte[] bytes, String name, long maxPixels, UnaryOperator<RgbImage> then) {
        return decode(memory -> {
            memory.holds(bytes.length);
            return bytes;
        }, name, maxPixels, then);
    }

    /** A fragmented heap may have no room for a large array beside those of other files; such a file is decoded again alone. */
    private static RgbImage decode(Source source, String name, long maxPixels, UnaryOperator<RgbImage> then) {
        if (maxPixels < 1 || maxPixels > MOST_PIXELS) {
            throw new IllegalArgumentException("maxPixels: expected 1 to " + MOST_PIXELS + ", got " + maxPixels);
        }
        try (DecodingMemory memory = new DecodingMemory(maxPixels)) {
            return decode(source.read(memory), name, memory, then);
        } catch (OutOfMemoryError full) {
            return decodeAlone(source, name, maxPixels, then);
        }
    }

    private static RgbImage decodeAlone(Source source, String name, long maxPixels, UnaryOperator<RgbImage> then) {
        DecodingMemory memory = new DecodingMemory(maxPixels);
        try (memory) {
            memory.takeAll();
            return decode(source.read(memory), name, memory, then);
        } catch (OutOfMemoryError full) {
            throw new ImageReadException(name + ": " + memory.describe(full));
        }
    }

    private static RgbImage decode(byte[] bytes, String name, DecodingMemory memory, UnaryOperator<RgbImage> then) {
        ImageFormat format = format(bytes, name);
        try {
            return reduce(decode(format, bytes, memory), name, then);
        } catch (UnsupportedImageException unsupported) {
            throw new ImageReadException(name + ": " + unsupported.getMessage(), unsupported);
        } catch (EOFException broken) {
            throw new ImageReadException(name + ": broken " + format + " file: it is cut short; replace or remove it", broken);
        } catch (IOException broken) {
            throw new ImageReadException(name + ": broken " + format + " file: " + broken.getMessage()
                    + "; replace or remove it", broken);
        }
    }

    private static ImageFormat format(byte[] bytes, String name) {
        if (bytes.length == 0) {
            throw new ImageReadException(name + ": the file is empty; expected an image (" + ImageFormat.names() + ")");
        }
        return ImageFormat.of(bytes).orElseThrow(() -> new ImageReadException(name + ": " + UnreadFormat.of(bytes)
                .map(UnreadFormat::advice).orElseGet(() -> "not an image; its first bytes match none of "
                        + ImageFormat.names())));
    }

    /** Applies {@code then}; if it refuses the image's size, the image counts as unreadable. */
    static RgbImage reduce(RgbImage decoded, String name, UnaryOperator<RgbImage> then) {
        try {
            return then.apply(decoded);
        } catch (IllegalArgumentException extreme) {
            throw new ImageReadException(name + ": an image of " + decoded.width() + " x " + decoded.height()
                    + " pixels is too long and narrow (" + extreme.getMessage() + ")");
        }
    }

    private static byte[] read(Path file, DecodingMemory memory) {
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
            memory.takeFile(size);
            return read(file, (int) size);
        } catch (UnsupportedImageException unsupported) {
            throw new ImageReadException(file + ": " + unsupported.getMessage(), unsupported);
        } catch (NoSuchFileException missing) {
            throw new ImageReadException(file + ": no such file; expected an image", missing);
        } catch (AccessDeniedException denied) {
            throw new ImageReadException(file + ": cannot be read: permission denied", denied);
        } catch (IOException unreadable) {
            throw new ImageReadException(file + ": cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    /**
     * Reads in pieces: Java keeps a buffer outside the heap for each thread, as large as its largest single read, and limits the
     * sum of these buffers.
     */
    private static byte[] read(Path file, int size) throws IOException {
        byte[] bytes = new byte[size];
        int at = 0;
        try (InputStream in = Files.newInputStream(file)) {
            int count = 0;
            while (at < size && count >= 0) {
                count = in.read(bytes, at, Math.min(PIECE, size - at));
                at += Math.max(0, count);
            }
        }
        return at == size ? bytes : Arrays.copyOf(bytes, at);
    }

    /**
     * Reads a stream to its end.
     *
     * @throws ImageReadException if that fails, or the bytes would take more than a quarter of Java's heap
     */
    static byte[] read(InputStream in, String name) {
        long limit = Math.min(MAX_FILE_BYTES, Runtime.getRuntime().maxMemory() / 4);
        try {
            byte[] bytes = in.readNBytes((int) limit);
            if (bytes.length == limit && in.read() >= 0) {
                throw new ImageReadException(name + ": the stream has more than " + limit + " bytes, a quarter of Java's heap or"
                        + " 1 GiB; make the image smaller, or enlarge the heap with -Xmx");
            }
            return bytes;
        } catch (IOException unreadable) {
            throw new ImageReadException(name + ": reading the stream failed: " + unreadable.getMessage(), unreadable);
        }
    }

    private static RgbImage decode(ImageFormat format, byte[] bytes, DecodingMemory memory) throws IOException {
        return switch (format) {
            case JPEG -> decodeJpeg(bytes, memory);
            case TIFF -> {
                TiffImage tiff = new TiffImage(bytes);
                yield tiff.orientation().apply(tiff.read(memory));
            }
            case PNG -> ChunkMetadata.ofPng(bytes).apply(ImageReaders.read(format, bytes, reader -> {
                /* The JDK's reader copies each row, and takes three times as long for samples of 16 bits. */
                memory.take(reader, bytes[PNG_DEPTH] > Byte.SIZE ? 3 : 2);
                requireEnoughPng(bytes);
                return RgbImage.of(reader.read(0));
            }));
            case WEBP -> {
                WebpFile webp = WebpFile.read(bytes);
                memory.take(webp.width(), webp.height(), Math.max(webp.bytesPerPixel(), 6));
                yield ChunkMetadata.ofWebp(bytes).apply(RgbImage.of(webp.width(), webp.height(), webp.decode()));
            }
            case GIF -> {
                GifCanvas canvas = GifCanvas.of(bytes);
                memory.take(canvas.width(), canvas.height(), GifCanvas.BYTES_PER_PIXEL);
                yield ImageReaders.read(format, canvas.plain(bytes), canvas::read);
            }
            case BMP -> {
                requirePlainBmp(bytes);
                yield ImageReaders.read(format, bytes, reader -> {
                    memory.take(reader, 1);
                    return RgbImage.of(reader.read(0));
                });
            }
            case PNM -> PnmImage.read(bytes, memory);
        };
    }

    /**
     * Refuses a PNG file that is too short for the pixels that it claims, before memory is allocated for them.
     *
     * @throws EOFException if Deflate can't compress them that much
     */
    private static void requireEnoughPng(byte[] png) throws EOFException {
        ByteBuffer header = ByteBuffer.wrap(png);
        long pixels = Math.max(0L, header.getInt(PNG_WIDTH)) * Math.max(0L, header.getInt(PNG_HEIGHT));
        int samples = switch (png[PNG_COLOR_TYPE]) {
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> 1;
        };
        if (pixels * samples * png[PNG_DEPTH] / Byte.SIZE / MOST_EXPANSION > png.length) {
            throw new EOFException();
        }
    }

    /**
     * Refuses a bitmap that holds a file of another format, whose size would not be counted, and one whose pixels begin behind the
     * file: the JDK's reader allocates a palette up to them.
     */
    private static void requirePlainBmp(byte[] bytes) throws IOException {
        ByteBuffer bmp = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < BMP_COMPRESSION + Integer.BYTES || Integer.toUnsignedLong(bmp.getInt(BMP_PIXELS)) > bytes.length) {
            throw new EOFException();
        }
        int compression = bmp.getInt(BMP_HEADER_BYTES) < 40 ? 0 : bmp.getInt(BMP_COMPRESSION);
        if (compression == 4 || compression == 5) {
            throw new UnsupportedImageException("BMP that holds a " + (compression == 4 ? "JPEG" : "PNG")
                    + " file is not read; export the image as PNG or JPEG");
        }
    }

    private static RgbImage decodeJpeg(byte[] bytes, DecodingMemory memory) throws IOException {
        JpegMarkers markers = JpegMarkers.read(bytes);
        memory.take(markers.width(), markers.height(), markers.bytesPerPixel());
        RgbImage stored = ImageReaders.read(ImageFormat.JPEG, markers.plain(), reader -> {
            AtomicBoolean missing = new AtomicBoolean();
            // The JDK's reader only warns of a scan that ends before its last sample, and fills the rest with grey.
            reader.addIIOReadWarningListener((source, text) -> {
                if (text.contains("premature end of data") || text.contains("instead of RST")) {
                    missing.set(true);
                }
            });
            RgbImage image = switch (markers.colorModel()) {
                case GRAY -> RgbImage.of(reader.read(0));
                case RGB, YCBCR -> readRgb(reader);
                case CMYK -> InkJpeg.read(reader, false);
                case YCCK -> InkJpeg.read(reader, true);
            };
            if (markers.endMissing() && missing.get()) {
                throw new EOFException("samples are missing");
            }
            return image;
        });
        return markers.orientation().apply(stored);
    }

    /** Reads into the result's own bytes, which saves a copy; only the JDK's reader accepts such a destination. */
    private static RgbImage readRgb(ImageReader reader) throws IOException {
        if (!ImageReaders.isOfJdk(reader.getOriginatingProvider())) {
            return RgbImage.of(reader.read(0));
        }
        int width = reader.getWidth(0);
        int height = reader.getHeight(0);
        byte[] rgb = new byte[3 * width * height];
        WritableRaster raster = Raster.createInterleavedRaster(new DataBufferByte(rgb, rgb.length), width, height, 3 * width, 3,
                new int[] {0, 1, 2}, null);
        ColorModel colors = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false,
                Transparency.OPAQUE, DataBuffer.TYPE_BYTE);
        ImageReadParam into = reader.getDefaultReadParam();
        into.setDestination(new BufferedImage(colors, raster, false, null));
        reader.read(0, into);
        return RgbImage.of(width, height, rgb);
    }
}
