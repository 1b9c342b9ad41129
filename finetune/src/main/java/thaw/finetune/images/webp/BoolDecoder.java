package thaw.finetune.images.webp;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * VP8's arithmetic decoder (RFC 6386, section 7). A decision that is false with a probability of {@code p / 256} splits the range
 * in that ratio; the value, which is read from the data, lies in the part of what was decided.
 */
final class BoolDecoder {
    private final ByteBuffer data;
    private final int end;
    private int position;
    /** The value, of which {@code count} bits lie below those that are compared with the range. */
    private long value;
    private int count = -8;
    /** From 128 to 255. */
    private int range = 255;
    private boolean exhausted;

    /** Reads {@code data} from {@code start} to {@code end}. */
    BoolDecoder(ByteBuffer data, int start, int end) {
        this.data = data.duplicate().order(ByteOrder.BIG_ENDIAN);
        this.position = start;
        this.end = end;
    }

    /** A decision that is false with a probability of {@code probability / 256}. */
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

    /** Appends 7 bytes to the value, or a single one near the end; zeros beyond it. */
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

    /** An unsigned number, its most significant bit first. */
    int readLiteral(int bits) {
        int literal = 0;
        for (int i = 0; i < bits; i++) {
            literal = literal << 1 | (readFlag() ? 1 : 0);
        }
        return literal;
    }

    /** A flag and, where it is set, a number of {@code bits} bits and its sign; else 0. */
    int readOptionalSigned(int bits) {
        if (!readFlag()) {
            return 0;
        }
        int magnitude = readLiteral(bits);
        return readFlag() ? -magnitude : magnitude;
    }

    /** @throws EOFException when a decision was made on bits beyond the end */
    void checkEnd() throws EOFException {
        if (exhausted) {
            throw new EOFException("the bitstream ends before the last pixel");
        }
    }
}
