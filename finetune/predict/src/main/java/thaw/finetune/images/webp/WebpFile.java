package thaw.finetune.images.webp;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A WebP file, whose first frame is decoded (RFC 9649, section 2). The file is a sequence of chunks: a type of four letters, the
 * length of the payload as 32 bits, the payload, and a padding byte after odd lengths. A simple file has one chunk, the
 * bitstream. An extended file begins with {@code VP8X}, which has the size of the canvas; an animated one has the bitstream of
 * each frame within a chunk {@code ANMF}.
 *
 * <p>Chunks that do not change colors are ignored: profiles, metadata, and {@code ALPH}, because transparency is dropped.
 */
public final class WebpFile {
    private static final int RIFF = fourCc("RIFF");
    private static final int WEBP = fourCc("WEBP");
    private static final int EXTENDED = fourCc("VP8X");
    private static final int FRAME = fourCc("ANMF");
    private static final int LOSSY = fourCc("VP8 ");
    private static final int LOSSLESS = fourCc("VP8L");
    private static final int ANIMATION_FLAG = 2;
    private static final int FRAME_HEADER = 16;

    private final int width;
    private final int height;
    private final Bitstream frame;
    /** The position of the frame's top left corner on the canvas. */
    private final int left;
    private final int top;

    private WebpFile(int width, int height, Bitstream frame, int left, int top) throws IOException {
        if (left + frame.width() > width || top + frame.height() > height) {
            throw new IOException("a frame of " + frame.width() + " x " + frame.height() + " pixels at (" + left + ", " + top
                    + ") exceeds the canvas of " + width + " x " + height);
        }
        this.width = width;
        this.height = height;
        this.frame = frame;
        this.left = left;
        this.top = top;
    }

    /**
     * Reads the structure of a file, without allocating memory for its pixels.
     *
     * @throws EOFException if the file is truncated
     * @throws IOException  if it is not a WebP file, or damaged
     */
    public static WebpFile read(byte[] bytes) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < 12 || file.getInt(0) != RIFF || file.getInt(8) != WEBP) {
            throw new IOException("it does not begin with the header of a WebP file");
        }
        long end = 8 + Integer.toUnsignedLong(file.getInt(4));
        if (bytes.length < end) {
            throw new EOFException("the file is truncated: it has " + bytes.length + " bytes of " + end);
        }
        List<Chunk> chunks = Chunk.read(file, 12, (int) end);
        Chunk first = chunks.get(0);
        if (first.isBitstream()) {
            Bitstream image = first.open(file);
            return new WebpFile(image.width(), image.height(), image, 0, 0);
        }
        if (first.type() != EXTENDED || first.length() < 10) {
            throw new IOException("its first chunk is neither an image nor the header of an extended file");
        }
        int width = 1 + uint24(file, first.start() + 4);
        int height = 1 + uint24(file, first.start() + 7);
        if ((file.get(first.start()) & ANIMATION_FLAG) != 0) {
            return firstFrame(file, chunks, width, height);
        }
        Bitstream image = bitstream(file, chunks);
        if (image.width() != width || image.height() != height) {
            throw new IOException("the image has " + image.width() + " x " + image.height() + " pixels, but its header says "
                    + width + " x " + height);
        }
        return new WebpFile(width, height, image, 0, 0);
    }

    /** The width of the canvas in pixels. */
    public int width() {
        return width;
    }

    /** The height of the canvas in pixels. */
    public int height() {
        return height;
    }

    /** The peak memory of {@link #decode}, in bytes per pixel of the canvas. */
    public int bytesPerPixel() {
        return frame.bytesPerPixel() + (coversCanvas() ? 0 : 3);
    }

    /**
     * Decodes the first frame. The part of the canvas that it does not cover is black (transparent black without transparency).
     *
     * @return RGB, interleaved, {@code [height, width, 3]}
     * @throws EOFException if the bitstream ends before the last pixel
     * @throws IOException  if the bitstream is damaged
     */
    public byte[] decode() throws IOException {
        byte[] image = frame.decode();
        if (coversCanvas()) {
            return image;
        }
        byte[] canvas = new byte[3 * width * height];
        for (int y = 0; y < frame.height(); y++) {
            System.arraycopy(image, 3 * y * frame.width(), canvas, 3 * ((top + y) * width + left), 3 * frame.width());
        }
        return canvas;
    }

    private boolean coversCanvas() {
        return frame.width() == width && frame.height() == height;
    }

    private static WebpFile firstFrame(ByteBuffer file, List<Chunk> chunks, int width, int height) throws IOException {
        Chunk frame = chunks.stream().filter(chunk -> chunk.type() == FRAME).findFirst()
                .orElseThrow(() -> new IOException("it is marked as animated but has no frame"));
        if (frame.length() < FRAME_HEADER) {
            throw new IOException("its first frame has " + frame.length() + " bytes; expected at least " + FRAME_HEADER);
        }
        int left = 2 * uint24(file, frame.start());
        int top = 2 * uint24(file, frame.start() + 3);
        List<Chunk> parts = Chunk.read(file, frame.start() + FRAME_HEADER, frame.start() + frame.length());
        return new WebpFile(width, height, bitstream(file, parts), left, top);
    }

    private static Bitstream bitstream(ByteBuffer file, List<Chunk> chunks) throws IOException {
        return chunks.stream().filter(Chunk::isBitstream).findFirst()
                .orElseThrow(() -> new IOException("none of its chunks is an image")).open(file);
    }

    private static int fourCc(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
    }

    static int uint24(ByteBuffer file, int at) {
        return file.getShort(at) & 0xffff | (file.get(at + 2) & 0xff) << 16;
    }

    /** A chunk's type, and the position and length of its payload in the file. */
    private record Chunk(int type, int start, int length) {
        private static final int HEADER = 8;

        /** Reads the chunks between {@code start} and {@code end}, at least one. */
        static List<Chunk> read(ByteBuffer file, int start, int end) throws IOException {
            List<Chunk> chunks = new ArrayList<>();
            int at = start;
            do {
                long length = end - at < HEADER ? Long.MAX_VALUE : Integer.toUnsignedLong(file.getInt(at + 4));
                if (length > end - at - HEADER) {
                    throw new EOFException("the chunk at byte " + at + " extends beyond byte " + end);
                }
                chunks.add(new Chunk(file.getInt(at), at + HEADER, (int) length));
                at += HEADER + (int) length + (int) (length & 1);
            } while (at < end);
            return chunks;
        }

        boolean isBitstream() {
            return type == LOSSY || type == LOSSLESS;
        }

        Bitstream open(ByteBuffer file) throws IOException {
            ByteBuffer payload = file.slice(start, length).order(ByteOrder.LITTLE_ENDIAN);
            return type == LOSSY ? LossyBitstream.open(payload) : LosslessBitstream.open(payload);
        }
    }
}
