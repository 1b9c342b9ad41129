package thaw.finetune.images.webp;

import java.io.EOFException;
import java.nio.ByteBuffer;

/**
 * Reads the bits of a lossless bitstream, the least significant bit of each byte first (RFC 9649, section 3.2). Bits beyond the
 * end are zeros; the next {@link #fill} throws after they have been read, so that at most one pixel is decoded from them.
 */
final class BitReader {
    private final ByteBuffer data;
    private int position;
    /** The bits not yet read, the next one lowest. */
    private long window;
    /** The number of bits in the window that come from the file; negative if bits beyond the end have been read. */
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

    /** The next bits, without consuming them; all 32 are valid after {@link #fill}. */
    int peek() {
        return (int) window;
    }

    void skip(int bits) {
        window >>>= bits;
        available -= bits;
    }

    /** Reads an unsigned integer of at most 24 bits. */
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
