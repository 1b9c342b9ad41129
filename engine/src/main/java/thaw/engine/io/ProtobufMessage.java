package thaw.engine.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message of protocol buffers that is being written: a sequence of fields, each a tag, {@code number << 3 | wire type}, and a value.
 * Numbers are varints, 7 bits a byte with the lowest first; texts, bytes and nested messages follow their length.
 */
final class ProtobufMessage {

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;

    /** Shorter contents are copied together, so that a file is written by few calls. */
    private static final int COPIED = 4096;

    private final List<ByteBuffer> pieces = new ArrayList<>();
    private final ByteArrayOutputStream last = new ByteArrayOutputStream();
    private long size;

    /** Adds a whole number. */
    ProtobufMessage number(int field, long value) {
        varint((long) field << 3 | VARINT);
        varint(value);
        return this;
    }

    /** Adds a number of single precision. */
    ProtobufMessage number(int field, float value) {
        varint((long) field << 3 | FIXED32);
        append(ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, value));
        return this;
    }

    ProtobufMessage text(int field, String value) {
        return bytes(field, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }

    /** Adds the remaining bytes of a buffer, which must not change until the message is written. */
    ProtobufMessage bytes(int field, ByteBuffer value) {
        header(field, value.remaining());
        append(value);
        return this;
    }

    ProtobufMessage message(int field, ProtobufMessage nested) {
        header(field, nested.size);
        nested.pieces().forEach(this::append);
        return this;
    }

    /** The length in bytes. */
    long size() {
        return size;
    }

    /** The bytes. */
    List<ByteBuffer> pieces() {
        if (last.size() > 0) {
            pieces.add(ByteBuffer.wrap(last.toByteArray()));
            last.reset();
        }
        return pieces;
    }

    private void header(int field, long length) {
        varint((long) field << 3 | BYTES);
        varint(length);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            last.write((int) (rest & 0x7f | 0x80));
            size++;
            rest >>>= 7;
        }
        last.write((int) rest);
        size++;
    }

    private void append(ByteBuffer bytes) {
        size += bytes.remaining();
        if (bytes.remaining() < COPIED) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            last.writeBytes(copy);
        } else {
            pieces();
            pieces.add(bytes.duplicate());
        }
    }
}
