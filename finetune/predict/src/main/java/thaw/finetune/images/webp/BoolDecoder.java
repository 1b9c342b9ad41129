package thaw.finetune.images.webp;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * VP8's arithmetic decoder (RFC 6386, section 7). A decision that is false with probability {@code p / 256} splits the range in
 * that ratio; the value, which is read from the data, is in one of the parts, and that part gives the decision.
 */
final class BoolDecoder {
    private final ByteBuffer data;
    private final int end;
    private int position;
    /** The value; its lowest {@code count} bits are below those that are compared with the range. */
    private long value;
    private int count = -8;
    /** The range, between 128 and 255 after each decision. */
    private int range = 255;
    private boolean exhausted;

    /** Decodes {@code data} from {@code start} to {@code end} (exclusive). */
    BoolDecoder(ByteBuffer data, int start, int end) {
        this.data = data.duplicate().order(ByteOrder.BIG_ENDIAN);
        this.position = start;
        this.end = end;
    }

    /** Reads a decision that is false with probability {@code probability / 256}. */
    boolean read(int probability) {
        if (count < 0) {
            load();
        }
        int split = 1 + ((range - 1) * probability >> 8);
        long scaledSplit = (long) split << count;
        boolean decision = value >= scaledSplit;
        if (decision) {
            range -= split;
            value -= scaledSplit;
        } else {
            range = split;
        }
        int shift = Integer.numberOfLeadingZeros(range) - 24;
        range <<= shift;
        count -= shift;
        return decision;
    }

    /** Appends 7 bytes to the value, or a single byte near the end; zeros beyond the end. */
    private void load() {
        if (position + 8 <= end) {
            value = value << 56 | data.getLong(position) >>> 8;
            position += 7;
            count += 56;
            return;
        }
        value <<= 8;
        count += 8;
        if (position < end) {
            value |= data.get(position++) & 0xff;
        } else {
            exhausted = true;
        }
    }

    boolean readFlag() {
        return read(128);
    }

    /** Reads an unsigned integer, most significant bit first. */
    int readLiteral(int bits) {
        int literal = 0;
        for (int i = 0; i < bits; i++) {
            literal = literal << 1 | (readFlag() ? 1 : 0);
        }
        return literal;
    }

    /** Reads a flag and, if it is set, a magnitude of {@code bits} bits and a sign; 0 if it is not set. */
    int readOptionalSigned(int bits) {
        if (!readFlag()) {
            return 0;
        }
        int magnitude = readLiteral(bits);
        return readFlag() ? -magnitude : magnitude;
    }

    /** @throws EOFException if a decision depended on bits beyond the end */
    void checkEnd() throws EOFException {
        if (exhausted) {
            throw new EOFException("the bitstream ends before the last pixel");
        }
    }
}
