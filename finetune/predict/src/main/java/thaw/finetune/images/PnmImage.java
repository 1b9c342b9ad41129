package thaw.finetune.images;

import java.io.EOFException;
import java.io.IOException;

/**
 * Netpbm's formats, from black and white to colour, as digits ({@code P1} to {@code P3}) or bytes ({@code P4} to {@code P6}). The
 * header has the kind, width, height and, except for black and white, the largest sample; samples follow in rows, digits
 * separated by white space. Samples are converted to 8 bits as in Pillow: {@code round(255 x / largest)}, halves to even.
 */
final class PnmImage {
    private static final int LARGEST_SAMPLE = 65535;
    private static final int MOST_DIGITS = 9;

    private final byte[] file;
    private int at = 2;

    private PnmImage(byte[] file) {
        this.file = file;
    }

    /** @throws IOException if the header is malformed, the image exceeds the limit, or samples are missing or too large */
    static RgbImage read(byte[] file, DecodingMemory memory) throws IOException {
        return new PnmImage(file).read(memory);
    }

    private RgbImage read(DecodingMemory memory) throws IOException {
        int kind = file[1] - '0';
        boolean digits = kind <= 3;
        boolean bits = kind == 1 || kind == 4;
        int channels = kind == 3 || kind == 6 ? 3 : 1;
        int width = number();
        int height = number();
        int largest = bits ? 1 : number();
        if (largest < 1 || largest > LARGEST_SAMPLE) {
            throw new IOException("its header states a largest sample of " + largest + "; expected 1 to " + LARGEST_SAMPLE);
        }
        memory.take(width, height, 3);
        at += digits ? 0 : 1;
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i += 3) {
            int x = i / 3 % width;
            for (int c = 0; c < channels; c++) {
                int sample = bits ? 1 - (digits ? digit() : bit(x, width)) : digits ? number() : sample(largest);
                if (sample > largest && digits) {
                    throw new IOException("it has a sample of " + sample + ", above the largest, " + largest);
                }
                rgb[i + c] = (byte) Math.min(255, Math.rint(sample / (double) largest * 255));
            }
            if (channels == 1) {
                rgb[i + 1] = rgb[i];
                rgb[i + 2] = rgb[i];
            }
        }
        return RgbImage.of(width, height, rgb);
    }

    /** A bit of a packed row, which begins at a byte boundary; 1 is black. */
    private int bit(int x, int width) throws IOException {
        int value = byteAt(at) >> 7 - x % 8 & 1;
        at += x % 8 == 7 || x == width - 1 ? 1 : 0;
        return value;
    }

    private int sample(int largest) throws IOException {
        return largest < 256 ? byteAt(at++) : byteAt(at++) << 8 | byteAt(at++);
    }

    private int digit() throws IOException {
        skipSpace();
        int digit = byteAt(at++) - '0';
        if (digit != 0 && digit != 1) {
            throw new IOException("expected 0 or 1 at byte " + (at - 1));
        }
        return digit;
    }

    private int number() throws IOException {
        skipSpace();
        int start = at;
        int value = 0;
        while (at < file.length && file[at] >= '0' && file[at] <= '9' && at - start < MOST_DIGITS) {
            value = 10 * value + file[at++] - '0';
        }
        if (at == start) {
            byteAt(at);
            throw new IOException("expected a number at byte " + at);
        }
        return value;
    }

    /** Skips white space, and comments from {@code #} to the end of the line. */
    private void skipSpace() throws IOException {
        while (byteAt(at) <= ' ' || byteAt(at) == '#') {
            if (file[at] == '#') {
                while (byteAt(at) != '\n' && byteAt(at) != '\r') {
                    at++;
                }
            }
            at++;
        }
    }

    private int byteAt(int index) throws IOException {
        if (index >= file.length) {
            throw new EOFException("it ends before its last sample");
        }
        return file[index] & 0xff;
    }
}
