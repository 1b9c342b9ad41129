package thaw.finetune.images.webp;

import java.io.EOFException;
import java.nio.ByteBuffer;

/**
 * The bits of a lossless bitstream, the least significant of each byte first (RFC 9649, section 3.2). Bits beyond the end read
 * as zeros and are noticed by the next {@link #fill}, so that nothing is decoded from them for longer than a pixel.
 */
final class BitReader {
    private final ByteBuffer data;
    private int position;
    /** Bits that are not yet read, the next one lowest. */
    private long window;
    /** How many bits of the window are the file's; below zero when more were read than there are. */
    private int available;

    /** @param data little-endian bytes, read from {@code position} on */
    BitReader(ByteBuffer data, int position) {
        this.data = data;
        this.position = position;
    }

    /**
     * Makes at least 32 bits available, or as many as are left.
     *
     * @throws EOFException when bits beyond the end have been read
     */
    void fill() throws EOFException {
        if (available < 32) {
            refill();
        }
    }

    private void refill() throws EOFException {
        if (available < 0) {
            throw new EOFException("the bitstream ends before the last pixel");
        }
        if (position + 8 <= data.limit()) {
            window |= data.getLong(position) << available;
            position += (63 - available) >> 3;
            available |= 56;
            return;
        }
        while (available <= 48 && position < data.limit()) {
            window |= (data.get(position++) & 0xffL) << available;
            available += 8;
        }
    }

    /** The next bits, without reading them: all 32 are valid after {@link #fill}. */
    int peek() {
        return (int) window;
    }

    void skip(int bits) {
        window >>>= bits;
        available -= bits;
    }

    /** An unsigned number of at most 24 bits. */
    int read(int bits) throws EOFException {
        fill();
        int value = (int) window & (1 << bits) - 1;
        skip(bits);
        return value;
    }

    boolean readFlag() throws EOFException {
        return read(1) != 0;
    }
}
