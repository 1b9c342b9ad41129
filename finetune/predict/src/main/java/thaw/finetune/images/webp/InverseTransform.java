package thaw.finetune.images.webp;

/** Inverse transforms of coefficients to pixel differences (RFC 6386, sections 14.3 to 14.5), in the RFC's integer arithmetic. */
final class InverseTransform {
    /** sqrt(2) cos(pi / 8) - 1 and sqrt(2) sin(pi / 8), in units of 1 / 65536. */
    private static final int COSINE_MINUS_ONE = 20091;
    private static final int SINE = 35468;

    private InverseTransform() {
    }

    /** The inverse Walsh-Hadamard transform of 4 × 4 values; each result becomes the first coefficient of a luma block. */
    static void walshHadamard(short[] means, short[] coefficients) {
        int[] columns = new int[16];
        for (int i = 0; i < 4; i++) {
            int a = means[i] + means[12 + i];
            int b = means[4 + i] + means[8 + i];
            int c = means[4 + i] - means[8 + i];
            int d = means[i] - means[12 + i];
            columns[i] = a + b;
            columns[4 + i] = c + d;
            columns[8 + i] = a - b;
            columns[12 + i] = d - c;
        }
        for (int i = 0; i < 16; i += 4) {
            int a = columns[i] + columns[i + 3] + 3;
            int b = columns[i + 1] + columns[i + 2];
            int c = columns[i + 1] - columns[i + 2];
            int d = columns[i] - columns[i + 3] + 3;
            coefficients[16 * i] = (short) (a + b >> 3);
            coefficients[16 * (i + 1)] = (short) (c + d >> 3);
            coefficients[16 * (i + 2)] = (short) (a - b >> 3);
            coefficients[16 * (i + 3)] = (short) (d - c >> 3);
        }
    }

    /** Adds the inverse cosine transform of 16 coefficients, starting at {@code from}, to the 4 × 4 pixels at {@code at}. */
    static void addCosine(short[] coefficients, int from, byte[] pixels, int at, int stride) {
        int[] columns = new int[16];
        for (int i = 0; i < 4; i++) {
            int c0 = coefficients[from + i];
            int c1 = coefficients[from + 4 + i];
            int c2 = coefficients[from + 8 + i];
            int c3 = coefficients[from + 12 + i];
            int even = c0 + c2;
            int odd = c0 - c2;
            int low = sine(c1) - cosine(c3);
            int high = cosine(c1) + sine(c3);
            columns[4 * i] = even + high;
            columns[4 * i + 1] = odd + low;
            columns[4 * i + 2] = odd - low;
            columns[4 * i + 3] = even - high;
        }
        for (int i = 0; i < 4; i++) {
            int even = columns[i] + columns[8 + i] + 4;
            int odd = columns[i] - columns[8 + i] + 4;
            int low = sine(columns[4 + i]) - cosine(columns[12 + i]);
            int high = cosine(columns[4 + i]) + sine(columns[12 + i]);
            int row = at + i * stride;
            add(pixels, row, even + high >> 3);
            add(pixels, row + 1, odd + low >> 3);
            add(pixels, row + 2, odd - low >> 3);
            add(pixels, row + 3, even - high >> 3);
        }
    }

    /** {@link #addCosine} for a block in which only the first coefficient may be non-zero. */
    static void addMean(int coefficient, byte[] pixels, int at, int stride) {
        int difference = coefficient + 4 >> 3;
        for (int row = at; row < at + 4 * stride; row += stride) {
            for (int i = row; i < row + 4; i++) {
                add(pixels, i, difference);
            }
        }
    }

    private static int cosine(int value) {
        return value + (value * COSINE_MINUS_ONE >> 16);
    }

    private static int sine(int value) {
        return value * SINE >> 16;
    }

    private static void add(byte[] pixels, int at, int difference) {
        pixels[at] = (byte) Math.max(0, Math.min(255, (pixels[at] & 0xff) + difference));
    }
}
