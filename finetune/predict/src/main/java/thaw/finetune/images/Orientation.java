package thaw.finetune.images;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The orientation of an image's stored rows and columns: tag 274 of TIFF 6.0, also used by EXIF and XMP, values 1 to 8. Cameras
 * store the sensor's rows unrotated and record the rotation in this tag.
 */
enum Orientation {
    /* In the order of the tag's values; the flags map a pixel of the upright image to the stored one. */
    UPRIGHT(false, false, false),
    MIRRORED(false, true, false),
    ROTATED_180(false, true, true),
    UPSIDE_DOWN_MIRRORED(false, false, true),
    TRANSPOSED(true, false, false),
    ROTATED_90_CLOCKWISE(true, false, true),
    TRANSVERSED(true, true, true),
    ROTATED_90_ANTICLOCKWISE(true, true, false);

    /** The tag of a TIFF file's XMP packet. */
    static final int XMP_TAG = 700;

    private static final int TAG = 274;
    private static final Pattern XMP_PROPERTY = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

    private final boolean swapsAxes;
    private final boolean reversesColumns;
    private final boolean reversesRows;

    /**
     * @param swapsAxes       whether stored rows are upright columns
     * @param reversesColumns whether stored columns are read from the last to the first
     * @param reversesRows    whether stored rows are read from the last to the first
     */
    Orientation(boolean swapsAxes, boolean reversesColumns, boolean reversesRows) {
        this.swapsAxes = swapsAxes;
        this.reversesColumns = reversesColumns;
        this.reversesRows = reversesRows;
    }

    /**
     * The orientation in a file's metadata, as in Pillow: the tag of an EXIF block, or {@code tiff:Orientation} of an XMP packet
     * if EXIF has no such tag. Malformed metadata count as upright, as in other readers, because the image may be intact.
     *
     * @param exif the EXIF block after {@code "Exif\0\0"}; empty for none
     * @param xmp  the XMP packet; empty for none
     */
    static Orientation of(byte[] exif, byte[] xmp) {
        return TiffDirectory.first(exif).map(directory -> of(directory, xmp)).orElseGet(() -> ofXmp(xmp));
    }

    /** Like {@link #of(byte[], byte[])}, for the directory of an EXIF block or a TIFF file. */
    static Orientation of(TiffDirectory directory, byte[] xmp) {
        return directory.has(TAG) ? ofValue(directory.value(TAG, 1)) : ofXmp(xmp);
    }

    private static Orientation ofXmp(byte[] xmp) {
        Matcher property = XMP_PROPERTY.matcher(new String(xmp, StandardCharsets.ISO_8859_1));
        return property.find() ? ofValue(Long.parseLong(property.group(1))) : UPRIGHT;
    }

    private static Orientation ofValue(long value) {
        return value >= 1 && value <= values().length ? values()[(int) value - 1] : UPRIGHT;
    }

    /** Converts an image stored in this orientation to the upright image. */
    RgbImage apply(RgbImage stored) {
        if (this == UPRIGHT) {
            return stored;
        }
        int width = swapsAxes ? stored.height() : stored.width();
        int height = swapsAxes ? stored.width() : stored.height();
        byte[] from = stored.rgb();
        byte[] to = new byte[from.length];
        for (int y = 0, target = 0; y < height; y++) {
            for (int x = 0; x < width; x++, target += 3) {
                int column = swapsAxes ? y : x;
                int row = swapsAxes ? x : y;
                column = reversesColumns ? stored.width() - 1 - column : column;
                row = reversesRows ? stored.height() - 1 - row : row;
                int source = 3 * (row * stored.width() + column);
                to[target] = from[source];
                to[target + 1] = from[source + 1];
                to[target + 2] = from[source + 2];
            }
        }
        return RgbImage.of(width, height, to);
    }
}
