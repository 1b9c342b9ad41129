package thaw.finetune.images;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Supplier;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The EXIF block and the XMP packet of chunked formats: PNG's {@code eXIf} and text chunks (PNG specification, 11.3.3), WebP's
 * {@code EXIF} and {@code XMP} (RIFF container specification). Missing and damaged ones are empty.
 */
final class ChunkMetadata {
    private static final byte[] NONE = {};
    private static final int EXIF_OF_PNG = 0x65584966;
    private static final int PIXELS = 0x49444154;
    private static final int TEXT = 0x74455874;
    private static final int COMPRESSED_TEXT = 0x7a545874;
    private static final int INTERNATIONAL_TEXT = 0x69545874;
    private static final int EXIF_OF_WEBP = 0x46495845;
    private static final int XMP_OF_WEBP = 0x20504d58;
    /** The keyword of ImageMagick's EXIF, from before PNG's eXIf chunk: an empty line, the kind, the length, then hex digits. */
    private static final String RAW_EXIF = "Raw profile type exif";
    private static final String XMP = "XML:com.adobe.xmp";
    private static final int MOST_BYTES = 1 << 20;
    /** The most chunks of pixels: of any file, and one more for this many bytes of it. */
    private static final int MOST_CHUNKS = 1000;
    private static final int CHUNK_BYTES = 512;

    private final byte[] file;
    private byte[] exif = NONE;
    /* Made when all chunks are seen, so that the last of a kind alone is inflated. */
    private Supplier<byte[]> rawExif = () -> NONE;
    private Supplier<byte[]> xmp = () -> NONE;

    private ChunkMetadata(byte[] file) {
        this.file = file;
    }

    /**
     * The orientation of a PNG file. Chunks follow the signature of 8 bytes: length, type, payload, checksum.
     *
     * @throws IOException if the pixels lie in far more chunks than they have bytes for; the JDK's reader takes 8 KiB for each
     */
    static Orientation ofPng(byte[] file) throws IOException {
        ChunkMetadata found = new ChunkMetadata(file);
        int pixelChunks = 0;
        ByteBuffer chunks = ByteBuffer.wrap(file);
        for (long at = 8; at + 12 <= file.length;) {
            long length = Integer.toUnsignedLong(chunks.getInt((int) at));
            int type = chunks.getInt((int) at + 4);
            switch (type) {
                case EXIF_OF_PNG -> found.exif = withoutPrefix(found.payload(at + 8, length));
                case PIXELS -> {
                    if (++pixelChunks > MOST_CHUNKS + file.length / CHUNK_BYTES) {
                        throw new IOException("its pixels lie in " + pixelChunks + " chunks or more");
                    }
                }
                case TEXT, COMPRESSED_TEXT, INTERNATIONAL_TEXT -> found.readText(type, found.payload(at + 8, length));
                default -> {
                }
            }
            at += length + 12;
        }
        return found.orientation();
    }

    /** The orientation of a WebP file. Chunks follow the header of 12 bytes: type, length, payload, a padding byte if odd. */
    static Orientation ofWebp(byte[] file) {
        ChunkMetadata found = new ChunkMetadata(file);
        ByteBuffer chunks = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = 12; at + 8 <= file.length;) {
            long length = Integer.toUnsignedLong(chunks.getInt((int) at + 4));
            switch (chunks.getInt((int) at)) {
                case EXIF_OF_WEBP -> found.exif = withoutPrefix(found.payload(at + 8, length));
                case XMP_OF_WEBP -> {
                    byte[] packet = found.payload(at + 8, length);
                    found.xmp = () -> packet;
                }
                default -> {
                }
            }
            at += 8 + length + (length & 1);
        }
        return found.orientation();
    }

    private Orientation orientation() {
        return Orientation.of(exif.length > 0 ? exif : rawExif.get(), xmp.get());
    }

    /** The first MiB of the content, if the content is complete. */
    private byte[] payload(long start, long length) {
        return start + length > file.length ? NONE
                : Arrays.copyOfRange(file, (int) start, (int) (start + Math.min(length, MOST_BYTES)));
    }

    /** Reads a text chunk: a keyword, a zero, and the text, which in two of the three kinds of chunk follows further fields. */
    private void readText(int kind, byte[] chunk) {
        int end = zero(chunk, 0);
        switch (new String(chunk, 0, end, StandardCharsets.ISO_8859_1)) {
            case RAW_EXIF -> rawExif = () -> withoutPrefix(fromHex(new String(text(kind, chunk, end + 1), StandardCharsets.ISO_8859_1)));
            case XMP -> xmp = () -> text(kind, chunk, end + 1);
            default -> {
            }
        }
    }

    private static byte[] text(int kind, byte[] chunk, int afterKeyword) {
        int start = afterKeyword;
        boolean compressed = kind == COMPRESSED_TEXT;
        if (kind == COMPRESSED_TEXT) {
            start += 1;
        } else if (kind == INTERNATIONAL_TEXT) {
            compressed = start < chunk.length && chunk[start] == 1;
            start = zero(chunk, zero(chunk, start + 2) + 1) + 1;
        }
        byte[] text = start >= chunk.length ? NONE : Arrays.copyOfRange(chunk, start, chunk.length);
        return compressed ? inflated(text) : text;
    }

    private static int zero(byte[] chunk, int from) {
        int at = Math.min(from, chunk.length);
        while (at < chunk.length && chunk[at] != 0) {
            at++;
        }
        return at;
    }

    private static byte[] inflated(byte[] text) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(text);
            byte[] out = new byte[MOST_BYTES];
            return Arrays.copyOf(out, inflater.inflate(out));
        } catch (DataFormatException damaged) {
            return NONE;
        } finally {
            inflater.end();
        }
    }

    private static byte[] fromHex(String profile) {
        String[] lines = profile.split("\n", 4);
        String digits = lines.length < 4 ? "" : lines[3].replaceAll("\\s", "");
        try {
            return HexFormat.of().parseHex(digits);
        } catch (IllegalArgumentException damaged) {
            return NONE;
        }
    }

    /** The block without JPEG's prefix {@code "Exif\0\0"}, which some writers put into the chunk against the specification. */
    private static byte[] withoutPrefix(byte[] exif) {
        boolean prefixed = exif.length > 6 && exif[0] == 'E' && exif[1] == 'x' && exif[2] == 'i' && exif[3] == 'f';
        return prefixed ? Arrays.copyOfRange(exif, 6, exif.length) : exif;
    }
}
