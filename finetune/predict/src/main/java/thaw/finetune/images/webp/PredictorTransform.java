package thaw.finetune.images.webp;

/**
 * The predictor transform: pixels are coded as differences from a prediction from the neighbors left (L), above (T), above left
 * (TL) and above right (TR); the prediction mode is chosen per block (RFC 9649, section 3.5.1).
 */
record PredictorTransform(int codedWidth, int blockBits, int[] blocks) implements Transform {
    private static final int BLACK = 0xff000000;

    /** In the last column, the pixel above right is the first pixel of the same row, which is the next one in memory. */
    @Override
    public int[] inverse(int[] pixels) {
        int width = codedWidth;
        int blocksPerRow = Transform.blocks(width, blockBits);
        pixels[0] = add(pixels[0], BLACK);
        for (int x = 1; x < width; x++) {
            pixels[x] = add(pixels[x], pixels[x - 1]);
        }
        for (int row = width, y = 1; row < pixels.length; row += width, y++) {
            pixels[row] = add(pixels[row], pixels[row - width]);
            for (int x = 1; x < width;) {
                int mode = blocks[(y >> blockBits) * blocksPerRow + (x >> blockBits)] >> 8 & 15;
                int end = Math.min(width, ((x >> blockBits) + 1) << blockBits);
                addPredictions(pixels, row + x, row + end, mode);
                x = end;
            }
        }
        return pixels;
    }

    private void addPredictions(int[] pixels, int from, int to, int mode) {
        int left = pixels[from - 1];
        int topLeft = pixels[from - codedWidth - 1];
        int top = pixels[from - codedWidth];
        for (int i = from; i < to; i++) {
            int topRight = pixels[i - codedWidth + 1];
            left = add(pixels[i], predict(mode, left, top, topLeft, topRight));
            pixels[i] = left;
            topLeft = top;
            top = topRight;
        }
    }

    private static int predict(int mode, int left, int top, int topLeft, int topRight) {
        return switch (mode) {
            case 1 -> left;
            case 2 -> top;
            case 3 -> topRight;
            case 4 -> topLeft;
            case 5 -> average(average(left, topRight), top);
            case 6 -> average(left, topLeft);
            case 7 -> average(left, top);
            case 8 -> average(topLeft, top);
            case 9 -> average(top, topRight);
            case 10 -> average(average(left, topLeft), average(top, topRight));
            case 11 -> distance(top, topLeft) < distance(left, topLeft) ? left : top;
            case 12 -> clampedAddSubtractFull(left, top, topLeft);
            case 13 -> clampedAddSubtractHalf(average(left, top), topLeft);
            default -> BLACK;
        };
    }

    /** The sum of each channel, modulo 256. */
    static int add(int a, int b) {
        return (a & 0xff00ff00) + (b & 0xff00ff00) & 0xff00ff00 | (a & 0xff00ff) + (b & 0xff00ff) & 0xff00ff;
    }

    /** The mean of each channel, rounded down: the common bits plus half of the differing bits. */
    private static int average(int a, int b) {
        return ((a ^ b) >>> 1 & 0x7f7f7f7f) + (a & b);
    }

    private static int distance(int a, int b) {
        return Math.abs((a >>> 24) - (b >>> 24)) + Math.abs((a >> 16 & 0xff) - (b >> 16 & 0xff))
                + Math.abs((a >> 8 & 0xff) - (b >> 8 & 0xff)) + Math.abs((a & 0xff) - (b & 0xff));
    }

    /** {@code a + b - c} for each channel, clamped. */
    private static int clampedAddSubtractFull(int a, int b, int c) {
        return clamp((a >>> 24) + (b >>> 24) - (c >>> 24)) << 24
                | clamp((a >> 16 & 0xff) + (b >> 16 & 0xff) - (c >> 16 & 0xff)) << 16
                | clamp((a >> 8 & 0xff) + (b >> 8 & 0xff) - (c >> 8 & 0xff)) << 8
                | clamp((a & 0xff) + (b & 0xff) - (c & 0xff));
    }

    /** {@code a + (a - b) / 2} for each channel, clamped. */
    private static int clampedAddSubtractHalf(int a, int b) {
        return half(a >>> 24, b >>> 24) << 24 | half(a >> 16 & 0xff, b >> 16 & 0xff) << 16
                | half(a >> 8 & 0xff, b >> 8 & 0xff) << 8 | half(a & 0xff, b & 0xff);
    }

    private static int half(int a, int b) {
        return clamp(a + (a - b) / 2);
    }

    private static int clamp(int value) {
        return Math.max(0, Math.min(255, value));
    }
}
