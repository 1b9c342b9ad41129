package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Reads the fields of a {@linkplain ProtobufMessage message} of protocol buffers in their order. A field that is not asked for is
 * skipped. Nothing is read beyond the message's end, and memory is taken only for texts that the file has.
 */
final class ProtobufReader {

    /** The longest text that is read: metadata may hold a model's features of training images. */
    private static final int LONGEST_TEXT = 64 << 20;

    /** The most numbers of a list that are read: dimensions, strides and the like. */
    private static final int MOST_NUMBERS = 64;

    private final FileBytes file;
    private final long end;
    private long at;
    private int field;
    private int wireType;
    private long number;
    private long begin;

    private ProtobufReader(FileBytes file, long begin, long end) {
        this.file = file;
        this.at = begin;
        this.end = end;
    }

    /** The message in a range of a file. */
    static ProtobufReader of(FileBytes file, long begin, long length) {
        return new ProtobufReader(file, begin, begin + length);
    }

    /** Moves to the next field; false at the message's end. */
    boolean next() throws WeightFileException {
        if (at == end) {
            return false;
        }
        long tag = varint();
        field = (int) (tag >>> 3);
        wireType = (int) (tag & 7);
        if (tag >>> 3 == 0 || tag >>> 32 != 0) {
            throw damaged("a field of number " + (tag >>> 3));
        }
        switch (wireType) {
            case ProtobufMessage.VARINT -> number = varint();
            case ProtobufMessage.FIXED32 -> fixed(Integer.BYTES);
            case ProtobufMessage.FIXED64 -> fixed(Long.BYTES);
            case ProtobufMessage.BYTES -> fixed(varint());
            default -> throw damaged("a field of wire type " + wireType);
        }
        return true;
    }

    private void fixed(long length) throws WeightFileException {
        if (length < 0 || length > end - at) {
            throw damaged("a field of " + Long.toUnsignedString(length) + " bytes where its message has " + (end - at) + " left");
        }
        begin = at;
        at += length;
    }

    private long varint() throws WeightFileException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE && at < end; shift += 7) {
            byte next = file.get(at++);
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw damaged("a number that does not end");
    }

    /** The number of the current field. */
    int field() {
        return field;
    }

    /** Whether the current field is of this number, and a whole number. */
    boolean isNumber(int wanted) {
        return field == wanted && wireType == ProtobufMessage.VARINT;
    }

    /** Whether the current field is of this number, and a text, bytes, a message, or numbers packed together. */
    boolean isBytes(int wanted) {
        return field == wanted && wireType == ProtobufMessage.BYTES;
    }

    /** The current field, a whole number. */
    long number() {
        return number;
    }

    /** The current field, a message or numbers packed together. */
    ProtobufReader message() {
        return new ProtobufReader(file, begin, at);
    }

    /**
     * Adds the whole numbers of the current field to those of a repeated field, if it is of this number: one, or several that are packed
     * together. Beyond {@link #MOST_NUMBERS} they are an error.
     */
    void addIntegers(int wanted, List<Long> numbers) throws WeightFileException {
        if (isNumber(wanted)) {
            add(number, numbers);
        } else if (isBytes(wanted)) {
            for (ProtobufReader packed = message(); packed.at < packed.end;) {
                add(packed.varint(), numbers);
            }
        }
    }

    private void add(long next, List<Long> numbers) throws WeightFileException {
        if (numbers.size() == MOST_NUMBERS) {
            throw damaged("a list of more than " + MOST_NUMBERS + " numbers");
        }
        numbers.add(next);
    }

    /** Passes the key and the value of this message, which is an entry of a map, to {@code action}. */
    void entry(BiConsumer<String, String> action) throws WeightFileException {
        String key = "";
        String value = "";
        while (next()) {
            if (isBytes(1)) {
                key = text();
            } else if (isBytes(2)) {
                value = text();
            }
        }
        action.accept(key, value);
    }

    /** The bytes of this message that are not read yet. */
    long length() {
        return end - at;
    }

    /** The bytes of this message that are not read yet, at most {@link FileBytes#LARGEST_SLICE}. */
    ByteBuffer bytes() {
        return file.slice(at, length());
    }

    /** The current field, a text. */
    String text() throws WeightFileException {
        if (at == begin) {
            return "";
        }
        if (at - begin > LONGEST_TEXT) {
            throw damaged("a text of " + (at - begin) + " bytes");
        }
        byte[] bytes = new byte[(int) (at - begin)];
        file.slice(begin, bytes.length).get(bytes);
        String text = new String(bytes, StandardCharsets.UTF_8);
        // Bytes that are no text become another character.
        if (!Arrays.equals(bytes, text.getBytes(StandardCharsets.UTF_8))) {
            throw damaged("a text that is not UTF-8");
        }
        return text;
    }

    private WeightFileException damaged(String found) {
        return new WeightFileException("is not a complete ONNX model: at byte " + at + " there is " + found
                + "; is the download complete?");
    }
}
