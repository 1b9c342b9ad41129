package thaw.finetune.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How the stored rows and columns of a photograph lie to the eye: tag 274 of TIFF 6.0, which EXIF shares, values 1 to 8. Cameras
 * store what the sensor saw and note here how they were held.
 */
enum Orientation {
    /* In the order of the tag's values; the flags say where a pixel of the upright image is found in the stored one. */
    UPRIGHT(false, false, false),
    MIRRORED(false, true, false),
    ROTATED_180(false, true, true),
    UPSIDE_DOWN_MIRRORED(false, false, true),
    TRANSPOSED(true, false, false),
    ROTATED_90_CLOCKWISE(true, false, true),
    TRANSVERSED(true, true, true),
    ROTATED_90_ANTICLOCKWISE(true, true, false);

    private static final int TAG = 274;
    private static final int TYPE_SHORT = 3;
    private static final int ENTRY_BYTES = 12;

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
     * Reads the tag from the first directory of a TIFF structure (a TIFF file, or what follows {@code "Exif\0\0"}). Anything
     * malformed counts as upright, as it does for other readers: the picture itself may be sound.
     */
    static Orientation ofTiff(byte[] bytes) {
        if (bytes.length < 8) {
            return UPRIGHT;
        }
        ByteBuffer tiff = ByteBuffer.wrap(bytes);
        switch (tiff.getShort(0)) {
            case 0x4949 -> tiff.order(ByteOrder.LITTLE_ENDIAN);
            case 0x4d4d -> tiff.order(ByteOrder.BIG_ENDIAN);
            default -> {
                return UPRIGHT;
            }
        }
        long directory = Integer.toUnsignedLong(tiff.getInt(4));
        if (tiff.getShort(2) != 42 || directory > bytes.length - 2) {
            return UPRIGHT;
        }
        int entries = Short.toUnsignedInt(tiff.getShort((int) directory));
        for (long at = directory + 2; entries > 0 && at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES, entries--) {
            int entry = (int) at;
            if (tiff.getShort(entry) == TAG && tiff.getShort(entry + 2) == TYPE_SHORT) {
                int value = tiff.getShort(entry + 8);
                return value >= 1 && value <= values().length ? values()[value - 1] : UPRIGHT;
            }
        }
        return UPRIGHT;
    }

    /** The upright image of one that is stored in this orientation. */
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
