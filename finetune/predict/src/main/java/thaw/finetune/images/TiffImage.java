package thaw.finetune.images;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Set;
import javax.imageio.ImageReader;

/**
 * The first page of a TIFF file, read by TwelveMonkeys' reader. Cases that this reader does not support or gets wrong are
 * detected from the directory: unknown compressions and samples are refused by name, an embedded colour profile is hidden,
 * colours multiplied by alpha are divided again, and the bytes of 24-bit samples are reordered.
 */
final class TiffImage {
    private static final int NEW_SUBFILE_TYPE = 254;
    private static final int BITS_PER_SAMPLE = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int SAMPLES_PER_PIXEL = 277;
    private static final int PLANAR = 284;
    private static final int SUB_DIRECTORIES = 330;
    private static final int TILE_WIDTH = 322;
    private static final int EXTRA_SAMPLES = 338;
    private static final int SAMPLE_FORMAT = 339;
    private static final int STRIP_BYTES = 279;
    private static final int TILE_BYTES = 325;
    /** The fields of pixels; all others, such as profiles, are hidden from the reader. */
    private static final Set<Integer> PIXELS = Set.of(254, 256, 257, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC, 266, 273, SAMPLES_PER_PIXEL,
            278,
            STRIP_BYTES, PLANAR, 292, 293, 317, 320, TILE_WIDTH, 323, 324, TILE_BYTES, 332, 334, EXTRA_SAMPLES, SAMPLE_FORMAT, 347, 512,
            513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532);
    /** YCbCrCoefficients and ReferenceBlackWhite. */
    private static final Set<Integer> FRACTIONS = Set.of(529, 532);
    /** Some writers state the bytes before compression; strips that share the file's bytes state many times more. */
    private static final int MOST_STRIP_BYTES = 8;
    /** The reader allocates an array of them. */
    private static final int MOST_SAMPLES = 64;
    private static final int DNG_VERSION = 50706;

    private static final int RGB = 2;
    private static final int ASSOCIATED_ALPHA = 1;
    private static final int SIGNED = 2;
    private static final int FLOAT = 3;

    private final TiffDirectory directory;

    /** @throws IOException if the file has no directory, or its image is of an unsupported kind */
    TiffImage(byte[] file) throws IOException {
        boolean canon = file.length > 9 && file[8] == 'C' && file[9] == 'R';
        if (canon) {
            throw rawImage();
        }
        this.directory = TiffDirectory.first(file).orElseThrow(() -> new EOFException("no directory"));
        if (directory.isCutShort(BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC)) {
            throw new EOFException("directory");
        }
        requireIntegers();
        requireImage();
        requireStrips(file.length);
        requireCompression();
        requireColors();
        requireSamples();
    }

    Orientation orientation() {
        return Orientation.of(directory, directory.bytes(Orientation.XMP_TAG));
    }

    RgbImage read(DecodingMemory memory) throws IOException {
        return ImageReaders.read(ImageFormat.TIFF, directory.plain(PIXELS), reader -> {
            memory.take(reader, isFloat() ? 2 : 1);
            if (isFloat()) {
                /* Checks the stored samples, because read() clips them. */
                requireFractions(reader.readRaster(0, null));
            }
            return colors(reader);
        });
    }

    private RgbImage colors(ImageReader reader) throws IOException {
        BufferedImage image = reader.read(0);
        if (bits() == 24 && directory.order() == ByteOrder.LITTLE_ENDIAN) {
            swapTriples(image.getRaster());
        }
        return isAssociated() && image.getColorModel().hasAlpha() ? SampleConversion.fromAssociatedAlpha(image)
                : RgbImage.of(image);
    }

    /** The reader rounds any number, so that a RATIONAL or FLOAT of a few bytes states the largest size. */
    private void requireIntegers() throws IOException {
        for (int tag : PIXELS) {
            if (directory.isFraction(tag) && !FRACTIONS.contains(tag)) {
                throw new IOException("its field " + tag + " is a fraction; expected an integer");
            }
        }
    }

    private void requireImage() throws UnsupportedImageException {
        boolean preview = (directory.value(NEW_SUBFILE_TYPE, 0) & 1) != 0 && directory.has(SUB_DIRECTORIES);
        if (preview || directory.has(DNG_VERSION) || photometric() == 32803 || photometric() == 34892) {
            throw rawImage();
        }
    }

    private void requireStrips(int length) throws IOException {
        if (directory.total(STRIP_BYTES) + directory.total(TILE_BYTES) > (long) MOST_STRIP_BYTES * length) {
            throw new IOException("its strips or tiles have many times the bytes of the file");
        }
    }

    private static UnsupportedImageException rawImage() {
        return new UnsupportedImageException(UnreadFormat.CAMERA_RAW.advice());
    }

    private void requireCompression() throws UnsupportedImageException {
        int compression = (int) directory.value(COMPRESSION, 1);
        String unknown = switch (compression) {
            case 1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946 -> null;
            case 9, 10, 34661 -> "JBIG";
            case 32766 -> "NeXT";
            case 32771 -> "CCITT RLE by words";
            case 32809 -> "ThunderScan";
            case 32908, 32909 -> "Pixar";
            case 33003, 33005, 34712 -> "JPEG 2000";
            case 34676, 34677 -> "SGI Log";
            case 34887 -> "LERC";
            case 34892 -> "lossy JPEG of DNG";
            case 34925 -> "LZMA";
            case 34926, 50000 -> "Zstandard";
            case 34927, 50001 -> "WebP";
            case 50002, 52546 -> "JPEG XL";
            default -> Integer.toString(compression);
        };
        if (unknown != null) {
            throw new UnsupportedImageException("TIFF compression " + unknown + " is not supported; save it with LZW or Deflate");
        }
    }

    private void requireColors() throws UnsupportedImageException {
        int photometric = photometric();
        String unknown = switch (photometric) {
            case 0, 1, RGB, 3, 4, 5, 6 -> null;
            case 8, 9, 10 -> "CIELab";
            case 32844, 32845 -> "LogLuv";
            default -> "of photometric interpretation " + photometric;
        };
        if (unknown != null) {
            throw new UnsupportedImageException("TIFF colours " + unknown + " are not supported; save it as RGB");
        }
    }

    private void requireSamples() throws UnsupportedImageException {
        long samples = directory.value(SAMPLES_PER_PIXEL, 1);
        if (samples < 1 || samples > MOST_SAMPLES) {
            throw new UnsupportedImageException("TIFF of " + samples + " samples per pixel is not supported; save it as RGB");
        }
        long format = directory.value(SAMPLE_FORMAT, 1);
        int bits = bits();
        boolean tiled = directory.has(TILE_WIDTH);
        boolean whole = bits == 8 || bits == 16 || bits == 32;
        boolean known = Arrays.stream(directory.values(BITS_PER_SAMPLE)).allMatch(each -> each == bits)
                && (isFloat() ? bits == 16 || bits == 32 || bits == 64
                        // Signed samples of 8 bits are read as unsigned ones, as in Pillow.
                        : format == SIGNED ? bits == 8
                                // TwelveMonkeys swaps the bytes of packed pixels of 3 x 4 bits, and miscounts tiles of unusual depths.
                                : bits < 8 && photometric() == RGB ? bits == 2 && directory.value(PLANAR, 1) == 1
                                        : whole || bits < 8 || bits < 32 && !tiled);
        if (!known) {
            throw new UnsupportedImageException("TIFF with " + (isFloat() ? "floating-point " : format == SIGNED ? "signed " : "")
                    + "samples of BitsPerSample " + Arrays.toString(directory.values(BITS_PER_SAMPLE)) + (tiled ? " in tiles" : "")
                    + " is not supported; save it with unsigned samples of 8 or 16 bits");
        }
    }

    private boolean isFloat() {
        return directory.value(SAMPLE_FORMAT, 1) == FLOAT;
    }

    private int photometric() {
        return (int) directory.value(PHOTOMETRIC, 0);
    }

    private int bits() {
        return (int) directory.value(BITS_PER_SAMPLE, 1);
    }

    private boolean isAssociated() {
        return directory.value(EXTRA_SAMPLES, 0) == ASSOCIATED_ALPHA;
    }

    /** Checks that floating-point samples are about from 0 to 1, with a margin of 1 because filters may overshoot. */
    private static void requireFractions(Raster raster) throws UnsupportedImageException {
        float[] row = new float[raster.getWidth() * raster.getNumBands()];
        for (int y = raster.getMinY(); y < raster.getMinY() + raster.getHeight(); y++) {
            for (float sample : raster.getPixels(raster.getMinX(), y, raster.getWidth(), 1, row)) {
                if (!(sample >= -1 && sample <= 2)) {
                    throw new UnsupportedImageException("TIFF with a floating-point sample of " + sample
                            + " is not supported; save it with samples from 0 to 1, or with unsigned ones of 8 or 16 bits");
                }
            }
        }
    }

    /** Swaps the bytes of 24-bit samples: TIFF stores them in the file's byte order, TwelveMonkeys reads all as big-endian. */
    private static void swapTriples(WritableRaster raster) {
        int[] row = new int[raster.getWidth() * raster.getNumBands()];
        for (int y = raster.getMinY(); y < raster.getMinY() + raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), y, raster.getWidth(), 1, row);
            for (int i = 0; i < row.length; i++) {
                row[i] = Integer.reverseBytes(row[i]) >>> 8;
            }
            raster.setPixels(raster.getMinX(), y, raster.getWidth(), 1, row);
        }
    }
}
