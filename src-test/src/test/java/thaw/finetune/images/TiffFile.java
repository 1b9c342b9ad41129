package thaw.finetune.images;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/** Writes TIFF files of one uncompressed strip with any number of bits per sample, packed by TIFF 6.0. */
final class TiffFile {
    static final int BITS = 258;
    static final int COMPRESSION = 259;
    static final int PHOTOMETRIC = 262;
    static final int ORIENTATION = 274;
    static final int SAMPLES = 277;
    static final int EXTRA_SAMPLES = 338;
    static final int SAMPLE_FORMAT = 339;

    private final int width;
    private final int height;
    private final int samples;
    private final int bits;
    private final ByteOrder order;
    private final Map<Integer, long[]> fields = new TreeMap<>();

    TiffFile(int width, int height, int samples, int bits, ByteOrder order) {
        this.width = width;
        this.height = height;
        this.samples = samples;
        this.bits = bits;
        this.order = order;
        with(256, 4, width).with(257, 4, height).with(COMPRESSION, 3, 1).with(PHOTOMETRIC, 3, samples < 3 ? 1 : 2).with(273, 4, 8)
                .with(SAMPLES, 3, samples).with(278, 4, height).with(284, 3, 1);
        long[] each = new long[samples];
        Arrays.fill(each, bits);
        with(BITS, 3, each);
    }

    /** Adds a field of type 1 (bytes), 3 (shorts) or 4 and 9 (longs). */
    TiffFile with(int tag, int type, long... values) {
        long[] field = new long[values.length + 1];
        field[0] = type;
        System.arraycopy(values, 0, field, 1, values.length);
        fields.put(tag, field);
        return this;
    }

    /** @param sample the sample at each position, in the file's order */
    byte[] bytes(IntUnaryOperator sample) {
        byte[] strip = pack(sample);
        with(279, 4, strip.length);
        ByteBuffer out = ByteBuffer.allocate(strip.length + 4096).order(order);
        out.put(order == ByteOrder.LITTLE_ENDIAN ? new byte[] {'I', 'I'} : new byte[] {'M', 'M'}).putShort((short) 42);
        int directory = 8 + strip.length + strip.length % 2;
        out.putInt(directory).put(strip).position(directory);
        out.putShort((short) fields.size());
        int beyond = directory + 2 + 12 * fields.size() + 4;
        for (Map.Entry<Integer, long[]> field : fields.entrySet()) {
            int type = (int) field.getValue()[0];
            int count = field.getValue().length - 1;
            int size = type == 1 ? 1 : type == 3 ? 2 : 4;
            out.putShort(field.getKey().shortValue()).putShort((short) type).putInt(count);
            int entry = out.position();
            boolean fits = count * size <= 4;
            if (!fits) {
                out.putInt(beyond).position(beyond);
            }
            for (int i = 1; i <= count; i++) {
                put(out, size, field.getValue()[i]);
            }
            beyond = fits ? beyond : out.position() + out.position() % 2;
            out.position(entry + 4);
        }
        return Arrays.copyOf(out.array(), beyond);
    }

    private static void put(ByteBuffer out, int size, long value) {
        switch (size) {
            case 1 -> out.put((byte) value);
            case 2 -> out.putShort((short) value);
            default -> out.putInt((int) value);
        }
    }

    /** Packs samples: whole bytes in the file's byte order, other depths from the high bit down, rows from byte boundaries. */
    private byte[] pack(IntUnaryOperator sample) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int y = 0, index = 0; y < height; y++) {
            long pending = 0;
            int held = 0;
            for (int x = 0; x < width * samples; x++, index++) {
                int value = sample.applyAsInt(index);
                for (int b = 0; bits % 8 == 0 && b < bits; b += 8) {
                    out.write(value >>> (order == ByteOrder.LITTLE_ENDIAN ? b : bits - 8 - b));
                }
                if (bits % 8 != 0) {
                    pending = pending << bits | value;
                    for (held += bits; held >= 8; held -= 8) {
                        out.write((int) (pending >> held - 8));
                    }
                }
            }
            if (held > 0) {
                out.write((int) (pending << 8 - held));
            }
        }
        return out.toByteArray();
    }
}
