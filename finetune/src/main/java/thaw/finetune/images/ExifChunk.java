package thaw.finetune.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Finds the EXIF block of formats that are sequences of chunks: PNG's {@code eXIf} (PNG specification, 11.3.3.3) and WebP's
 * {@code EXIF} (RIFF container specification). Empty where there is none.
 */
final class ExifChunk {
    private static final byte[] NONE = {};
    private static final int PNG_EXIF = 0x65584966;
    private static final int WEBP_EXIF = 0x46495845;

    private ExifChunk() {
    }

    /** After the signature of 8 bytes: length, type, payload, checksum. */
    static byte[] ofPng(byte[] file) {
        ByteBuffer chunks = ByteBuffer.wrap(file);
        for (long at = 8; at + 12 <= file.length; ) {
            long length = Integer.toUnsignedLong(chunks.getInt((int) at));
            if (chunks.getInt((int) at + 4) == PNG_EXIF) {
                return payload(file, at + 8, length);
            }
            at += length + 12;
        }
        return NONE;
    }

    /** After the header of 12 bytes: type, length, payload, a byte of padding after odd lengths. */
    static byte[] ofWebp(byte[] file) {
        ByteBuffer chunks = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = 12; at + 8 <= file.length; ) {
            long length = Integer.toUnsignedLong(chunks.getInt((int) at + 4));
            if (chunks.getInt((int) at) == WEBP_EXIF) {
                return payload(file, at + 8, length);
            }
            at += 8 + length + (length & 1);
        }
        return NONE;
    }

    /** Some writers repeat JPEG's prefix {@code "Exif\0\0"} in the chunk, where it doesn't belong. */
    private static byte[] payload(byte[] file, long start, long length) {
        if (start + length > file.length) {
            return NONE;
        }
        byte[] exif = Arrays.copyOfRange(file, (int) start, (int) (start + length));
        boolean prefixed = exif.length > 6 && exif[0] == 'E' && exif[1] == 'x' && exif[2] == 'i' && exif[3] == 'f';
        return prefixed ? Arrays.copyOfRange(exif, 6, exif.length) : exif;
    }
}
