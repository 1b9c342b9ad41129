package thaw.finetune.images;

import java.util.Arrays;

/** Counts the pixels of a GIF frame's codes without decoding them (GIF89a, appendix F: LZW with codes of up to 12 bits). */
final class GifCodes {
    private static final int MOST_CODES = 1 << 12;

    private final int clear;
    private final int[] lengths = new int[MOST_CODES];
    private long bits;
    private int bitCount;
    private int width;
    private int next;
    private int previous;
    private boolean ended;

    /** @param literalBits the bits of a pixel, from 1 to 11 */
    GifCodes(int literalBits) {
        clear = 1 << literalBits;
        Arrays.fill(lengths, 0, clear, 1);
        reset();
    }

    private void reset() {
        next = clear + 2;
        width = Integer.numberOfTrailingZeros(clear) + 1;
        previous = -1;
    }

    /** Whether the code of the end has been read. */
    boolean ended() {
        return ended;
    }

    /** The pixels of the codes that end between these bytes. */
    long pixels(byte[] file, int from, int to) {
        long pixels = 0;
        for (int i = from; i < to && !ended; i++) {
            bits |= (file[i] & 0xffL) << bitCount;
            bitCount += Byte.SIZE;
            while (bitCount >= width && !ended) {
                int code = (int) bits & (1 << width) - 1;
                bits >>>= width;
                bitCount -= width;
                pixels += take(code);
            }
        }
        return pixels;
    }

    private int take(int code) {
        if (code == clear) {
            reset();
            return 0;
        }
        if (code == clear + 1) {
            ended = true;
            return 0;
        }
        if (previous >= 0 && next < MOST_CODES) {
            lengths[next++] = lengths[previous] + 1;
            width += next == 1 << width && next < MOST_CODES ? 1 : 0;
        }
        previous = code;
        return lengths[code];
    }
}
