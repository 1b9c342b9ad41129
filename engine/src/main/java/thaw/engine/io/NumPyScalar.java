package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Converts pickled NumPy scalars, such as a best accuracy, to plain numbers. */
final class NumPyScalar {

    private NumPyScalar() {
    }

    /**
     * The value of {@code numpy.core.multiarray.scalar(dtype, bytes)}.
     *
     * @return a {@code Long}, {@code Double} or {@code Boolean}; an inert object for types other than these numbers of up to
     *     64 bits
     */
    static Object of(Tuple args) {
        if (args.size() == 2 && args.get(0) instanceof PickledObject dtype && dtype.type().equals("numpy.dtype")
                && dtype.args().size() > 0 && dtype.args().get(0) instanceof String code && code.length() == 2) {
            byte[] bytes = args.get(1) instanceof byte[] plain ? plain
                    : args.get(1) instanceof String latin && latin.length() <= Long.BYTES
                            ? latin.getBytes(StandardCharsets.ISO_8859_1) : new byte[0];
            // The second item of the dtype's state is its byte order.
            boolean big = dtype.state() instanceof Tuple state && state.size() > 1 && ">".equals(state.get(1));
            Object number = number(code, ByteBuffer.wrap(bytes).order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN));
            if (number != null) {
                return number;
            }
        }
        return new PickledObject("numpy.core.multiarray.scalar", args);
    }

    private static Object number(String code, ByteBuffer bytes) {
        return switch (code + " " + bytes.remaining()) {
            case "b1 1" -> bytes.get() != 0;
            case "i1 1" -> (long) bytes.get();
            case "u1 1" -> (long) (bytes.get() & 0xff);
            case "i2 2" -> (long) bytes.getShort();
            case "u2 2" -> (long) (bytes.getShort() & 0xffff);
            case "i4 4" -> (long) bytes.getInt();
            case "u4 4" -> bytes.getInt() & 0xffff_ffffL;
            case "i8 8" -> bytes.getLong();
            case "f4 4" -> (double) bytes.getFloat();
            case "f8 8" -> bytes.getDouble();
            default -> null;
        };
    }
}
