package thaw.finetune.images;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The first directory of a TIFF structure: a TIFF file (TIFF 6.0), a BigTIFF file with 64-bit offsets, or an EXIF block, which is
 * a small TIFF file itself.
 */
final class TiffDirectory {
    private static final int BYTE = 1;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int RATIONAL = 5;
    private static final int SBYTE = 6;
    private static final int UNDEFINED = 7;
    private static final int SSHORT = 8;
    private static final int SLONG = 9;
    private static final int SRATIONAL = 10;
    private static final int FLOAT = 11;
    private static final int DOUBLE = 12;
    private static final int IFD = 13;
    private static final int LONG8 = 16;
    private static final byte[] NONE = {};
    /* A field may claim as many values as the file has bytes. */
    private static final int MOST_VALUES = 64;
    private static final int MOST_BYTES = 1 << 20;

    private final ByteBuffer file;
    private final boolean big;
    private final Map<Integer, Integer> entries = new LinkedHashMap<>();
    private boolean cutShort;

    private TiffDirectory(ByteBuffer file, boolean big) {
        this.file = file;
        this.big = big;
    }

    /** The first directory; empty if the bytes are not a TIFF structure, or its first directory is outside of them. */
    static Optional<TiffDirectory> first(byte[] bytes) {
        if (bytes.length < 8) {
            return Optional.empty();
        }
        ByteBuffer file = ByteBuffer.wrap(bytes);
        switch (file.getShort(0)) {
            case 0x4949 -> file.order(ByteOrder.LITTLE_ENDIAN);
            case 0x4d4d -> file.order(ByteOrder.BIG_ENDIAN);
            default -> {
                return Optional.empty();
            }
        }
        int version = file.getShort(2);
        if (version != 42 && version != 43) {
            return Optional.empty();
        }
        TiffDirectory directory = new TiffDirectory(file, version == 43);
        try {
            directory.readEntries();
            return Optional.of(directory);
        } catch (IndexOutOfBoundsException outside) {
            return Optional.empty();
        }
    }

    private void readEntries() {
        int at = offset(big ? 8 : 4);
        long count = big ? file.getLong(at) : Short.toUnsignedInt(file.getShort(at));
        int entryBytes = big ? 20 : 12;
        at += big ? 8 : 2;
        for (long i = 0; i < count; i++, at += entryBytes) {
            if (at + entryBytes > file.capacity()) {
                cutShort = true;
                return;
            }
            entries.putIfAbsent(Short.toUnsignedInt(file.getShort(at)), at);
        }
    }

    /** An offset into the file; the file's end if it is out of range, so that reading there fails. */
    private int offset(int at) {
        long offset = big ? file.getLong(at) : Integer.toUnsignedLong(file.getInt(at));
        return offset < 0 || offset > file.capacity() ? file.capacity() : (int) offset;
    }

    ByteOrder order() {
        return file.order();
    }

    /** Whether the file ends within the directory, or before the values of one of these fields. */
    boolean isCutShort(int... tags) {
        return cutShort || Arrays.stream(tags).anyMatch(tag -> has(tag) && values(tag).length == 0);
    }

    boolean has(int tag) {
        return entries.containsKey(tag);
    }

    /** Whether a field is of a type of fractions or floating-point numbers. */
    boolean isFraction(int tag) {
        return switch (type(tag)) {
            case RATIONAL, SRATIONAL, FLOAT, DOUBLE -> true;
            default -> false;
        };
    }

    /** The first value of a numeric field; {@code otherwise} if there is none. */
    long value(int tag, long otherwise) {
        long[] values = values(tag);
        return values.length == 0 ? otherwise : values[0];
    }

    /** The first 64 values of a numeric field, rounded towards zero; empty if it is missing, damaged or of bytes. */
    long[] values(int tag) {
        int width = width(type(tag));
        boolean numeric = has(tag) && (width > 1 || type(tag) == SBYTE);
        int start = numeric ? start(tag, width) : -1;
        if (start < 0) {
            return new long[0];
        }
        long[] values = new long[(int) Math.min(count(tag), MOST_VALUES)];
        for (int i = 0; i < values.length; i++) {
            int at = start + i * width;
            values[i] = switch (type(tag)) {
                case SBYTE -> file.get(at);
                case SHORT -> Short.toUnsignedLong(file.getShort(at));
                case SSHORT -> file.getShort(at);
                case LONG, IFD -> Integer.toUnsignedLong(file.getInt(at));
                case SLONG -> file.getInt(at);
                case RATIONAL -> Integer.toUnsignedLong(file.getInt(at)) / Math.max(1, Integer.toUnsignedLong(file.getInt(at + 4)));
                case FLOAT -> (long) file.getFloat(at);
                case DOUBLE -> (long) file.getDouble(at);
                default -> file.getLong(at);
            };
        }
        return values;
    }

    /** The bytes of a value. */
    private static int width(int type) {
        return switch (type) {
            case SHORT, SSHORT -> 2;
            case LONG, SLONG, IFD, FLOAT -> 4;
            case LONG8, RATIONAL, DOUBLE -> 8;
            default -> 1;
        };
    }

    /** The content of a field of bytes, up to 1 MiB; empty if it is missing, damaged or of another type. */
    byte[] bytes(int tag) {
        int start = type(tag) == BYTE || type(tag) == UNDEFINED ? start(tag, 1) : -1;
        if (start < 0) {
            return NONE;
        }
        byte[] bytes = new byte[(int) Math.min(count(tag), MOST_BYTES)];
        file.get(start, bytes);
        return bytes;
    }

    /** The position of a field's entry, which must be present. */
    private int entry(int tag) {
        return Objects.requireNonNull(entries.get(tag));
    }

    private int type(int tag) {
        return has(tag) ? Short.toUnsignedInt(file.getShort(entry(tag) + 2)) : 0;
    }

    private long count(int tag) {
        int at = entry(tag) + 4;
        return big ? file.getLong(at) : Integer.toUnsignedLong(file.getInt(at));
    }

    /** The position of a field's values, within its entry if they fit; -1 if they exceed the file. */
    private int start(int tag, int width) {
        long count = count(tag);
        if (count < 0 || count > file.capacity() / width) {
            return -1;
        }
        int at = entry(tag) + (big ? 12 : 8);
        int start = count * width <= (big ? 8 : 4) ? at : offset(at);
        return start + count * width <= file.capacity() ? start : -1;
    }

    /** The sum of all values of a field of integers; 0 if it is missing. */
    long total(int tag) {
        int width = width(type(tag));
        int start = has(tag) ? start(tag, width) : -1;
        long total = 0;
        for (long i = 0; start >= 0 && i < count(tag); i++) {
            int at = (int) (start + i * width);
            total += width == 2 ? Short.toUnsignedLong(file.getShort(at))
                    : width == 4 ? Integer.toUnsignedLong(file.getInt(at)) : width == 8 ? file.getLong(at) : 0;
        }
        return total;
    }

    /**
     * The file with these fields alone and no other directory. Readers follow each field and directory, of which a small file can
     * have any number at one place.
     *
     * @throws EOFException if the values of one of the fields exceed the file
     */
    byte[] plain(Set<Integer> tags) throws EOFException {
        int entryBytes = big ? 20 : 12;
        int first = offset(big ? 8 : 4);
        int at = first + (big ? 8 : 2);
        byte[] plain = Arrays.copyOf(file.array(), file.capacity() + Long.BYTES);
        ByteBuffer out = ByteBuffer.wrap(plain).order(order());
        int count = 0;
        for (Map.Entry<Integer, Integer> entry : entries.entrySet()) {
            if (tags.contains(entry.getKey())) {
                if (start(entry.getKey(), width(type(entry.getKey()))) < 0) {
                    throw new EOFException("field");
                }
                System.arraycopy(file.array(), entry.getValue(), plain, at, entryBytes);
                at += entryBytes;
                count++;
            }
        }
        if (big) {
            out.putLong(first, count).putLong(at, 0);
        } else {
            out.putShort(first, (short) count).putInt(at, 0);
        }
        return plain;
    }
}
