package thaw.finetune.images.webp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Predicts blocks from the pixels above and to the left of them (RFC 6386, section 12). */
final class Prediction {
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] pixels;
    private final int stride;

    Prediction(Plane plane) {
        this.pixels = plane.samples();
        this.stride = plane.stride();
    }

    /**
     * Predicts a block of luma or chroma as a whole.
     *
     * @param size  16 or 8
     * @param above whether there are pixels above; the mode DC ignores them if not; likewise {@code left}
     */
    void block(int mode, int at, int size, boolean above, boolean left) {
        switch (mode) {
            case IntraModes.TRUE_MOTION -> trueMotion(at, size);
            case IntraModes.VERTICAL -> {
                for (int y = 0; y < size; y++) {
                    System.arraycopy(pixels, at - stride, pixels, at + y * stride, size);
                }
            }
            case IntraModes.HORIZONTAL -> {
                for (int row = at; row < at + size * stride; row += stride) {
                    Arrays.fill(pixels, row, row + size, pixels[row - 1]);
                }
            }
            default -> fill(at, size, mean(at, size, above, left));
        }
    }

    private int mean(int at, int size, boolean above, boolean left) {
        int sum = 0;
        for (int i = 0; i < size; i++) {
            sum += (above ? pixel(at - stride + i) : 0) + (left ? pixel(at + i * stride - 1) : 0);
        }
        int count = (above ? size : 0) + (left ? size : 0);
        return count == 0 ? 128 : (sum + count / 2) / count;
    }

    private void fill(int at, int size, int value) {
        for (int row = at; row < at + size * stride; row += stride) {
            Arrays.fill(pixels, row, row + size, (byte) value);
        }
    }

    /** Predicts {@code left + above - corner}, which continues gradients. */
    private void trueMotion(int at, int size) {
        int corner = pixel(at - stride - 1);
        for (int row = at; row < at + size * stride; row += stride) {
            int difference = pixel(row - 1) - corner;
            for (int x = 0; x < size; x++) {
                pixels[row + x] = (byte) Math.max(0, Math.min(255, pixel(at - stride + x) + difference));
            }
        }
    }

    /**
     * Predicts a subblock of 4 × 4 pixels from its edge: 13 pixels, from the lowest pixel on the left over the corner to the
     * fourth pixel above right. Most modes smooth the edge and extend it in one direction.
     *
     * @param aboveRight index of the first of the four pixels above and to the right
     */
    void subblock(int mode, int at, int aboveRight) {
        /* The edge: L K J I on the left, the corner X, A B C D above, E F G H above right. */
        int l = pixel(at + 3 * stride - 1);
        int k = pixel(at + 2 * stride - 1);
        int j = pixel(at + stride - 1);
        int i = pixel(at - 1);
        int x = pixel(at - stride - 1);
        int a = pixel(at - stride);
        int b = pixel(at - stride + 1);
        int c = pixel(at - stride + 2);
        int d = pixel(at - stride + 3);
        int e = pixel(aboveRight);
        int f = pixel(aboveRight + 1);
        int g = pixel(aboveRight + 2);
        int h = pixel(aboveRight + 3);
        switch (mode) {
            case IntraModes.DC -> {
                int row = 0x01010101 * (a + b + c + d + i + j + k + l + 4 >> 3);
                set(at, row, row, row, row);
            }
            case IntraModes.TRUE_MOTION -> trueMotion(at, 4);
            case IntraModes.VERTICAL -> {
                int row = row(mean(x, a, b), mean(a, b, c), mean(b, c, d), mean(c, d, e));
                set(at, row, row, row, row);
            }
            case IntraModes.HORIZONTAL -> set(at, 0x01010101 * mean(x, i, j), 0x01010101 * mean(i, j, k),
                    0x01010101 * mean(j, k, l), 0x01010101 * mean(k, l, l));
            case IntraModes.LEFT_DOWN -> diagonal(at, mean(a, b, c), mean(b, c, d), mean(c, d, e), mean(d, e, f), mean(e, f, g),
                    mean(f, g, h), mean(g, h, h), 1);
            case IntraModes.RIGHT_DOWN -> diagonal(at, mean(j, k, l), mean(i, j, k), mean(x, i, j), mean(a, x, i), mean(b, a, x),
                    mean(c, b, a), mean(d, c, b), -1);
            case IntraModes.VERTICAL_RIGHT -> {
                int even = row(mean(x, a), mean(a, b), mean(b, c), mean(c, d));
                int odd = row(mean(i, x, a), mean(x, a, b), mean(a, b, c), mean(b, c, d));
                set(at, even, odd, even << 8 | mean(j, i, x), odd << 8 | mean(k, j, i));
            }
            case IntraModes.VERTICAL_LEFT -> set(at,
                    row(mean(a, b), mean(b, c), mean(c, d), mean(d, e)),
                    row(mean(a, b, c), mean(b, c, d), mean(c, d, e), mean(d, e, f)),
                    row(mean(b, c), mean(c, d), mean(d, e), mean(e, f, g)),
                    row(mean(b, c, d), mean(c, d, e), mean(d, e, f), mean(f, g, h)));
            case IntraModes.HORIZONTAL_DOWN -> {
                int first = row(mean(i, x), mean(a, x, i), mean(x, a, b), mean(a, b, c));
                int second = first << 16 | mean(x, i, j) << 8 | mean(j, i);
                int third = second << 16 | mean(i, j, k) << 8 | mean(k, j);
                set(at, first, second, third, third << 16 | mean(j, k, l) << 8 | mean(l, k));
            }
            default -> set(at,
                    row(mean(i, j), mean(i, j, k), mean(j, k), mean(j, k, l)),
                    row(mean(j, k), mean(j, k, l), mean(k, l), mean(k, l, l)),
                    row(mean(k, l), mean(k, l, l), l, l),
                    row(l, l, l, l));
        }
    }

    /** Sets diagonals from seven values: row y starts at value y, or at value 3 - y if {@code direction} is -1. */
    private void diagonal(int at, int v0, int v1, int v2, int v3, int v4, int v5, int v6, int direction) {
        int first = row(v0, v1, v2, v3);
        int second = row(v1, v2, v3, v4);
        int third = row(v2, v3, v4, v5);
        int fourth = row(v3, v4, v5, v6);
        if (direction > 0) {
            set(at, first, second, third, fourth);
        } else {
            set(at, fourth, third, second, first);
        }
    }

    /** Packs four pixels, the leftmost in the lowest byte. */
    private static int row(int p0, int p1, int p2, int p3) {
        return p0 | p1 << 8 | p2 << 16 | p3 << 24;
    }

    private void set(int at, int first, int second, int third, int fourth) {
        INTS.set(pixels, at, first);
        INTS.set(pixels, at + stride, second);
        INTS.set(pixels, at + 2 * stride, third);
        INTS.set(pixels, at + 3 * stride, fourth);
    }

    private static int mean(int a, int b) {
        return a + b + 1 >> 1;
    }

    private static int mean(int a, int b, int c) {
        return a + 2 * b + c + 2 >> 2;
    }

    private int pixel(int at) {
        return pixels[at] & 0xff;
    }
}
