package thaw.finetune.images.webp;

import java.io.IOException;

/** The inverse of a reversible transform that makes pixels cheaper to code (RFC 9649, section 3.5). */
sealed interface Transform permits PredictorTransform, Transform.Color, Transform.SubtractGreen, Transform.ColorIndexing {
    /** Kinds of transforms, as numbered in the bitstream; any other is color indexing. */
    int PREDICTOR = 0;
    int COLOR = 1;
    int SUBTRACT_GREEN = 2;

    /**
     * Reads the parameters of a transform.
     *
     * @param width  the width in pixels after the inverse transform
     * @param height the height in pixels
     */
    static Transform read(BitReader in, int kind, int width, int height) throws IOException {
        switch (kind) {
            case PREDICTOR, COLOR -> {
                int blockBits = 2 + in.read(3);
                int[] blocks = EntropyCodedImage.read(in, blocks(width, blockBits), blocks(height, blockBits));
                return kind == COLOR ? new Color(width, blockBits, blocks) : new PredictorTransform(width, blockBits, blocks);
            }
            case SUBTRACT_GREEN -> {
                return new SubtractGreen(width);
            }
            default -> {
                return ColorIndexing.read(in, width);
            }
        }
    }

    /** The number of blocks of {@code 2^blockBits} pixels that cover {@code size} pixels. */
    static int blocks(int size, int blockBits) {
        return (size + (1 << blockBits) - 1) >> blockBits;
    }

    /** The width in pixels before the inverse transform. */
    int codedWidth();

    /** The pixels after the inverse transform; computed in place if their number stays the same. */
    int[] inverse(int[] pixels);

    /** The color transform: red and blue are coded relative to green, blue also to red, by factors per block (section 3.5.2). */
    record Color(int codedWidth, int blockBits, int[] blocks) implements Transform {
        @Override
        public int[] inverse(int[] pixels) {
            int blocksPerRow = Transform.blocks(codedWidth, blockBits);
            for (int i = 0, y = 0; i < pixels.length; y++) {
                for (int x = 0; x < codedWidth; x++, i++) {
                    int factors = blocks[(y >> blockBits) * blocksPerRow + (x >> blockBits)];
                    int argb = pixels[i];
                    byte green = (byte) (argb >> 8);
                    int red = (argb >> 16) + delta(factors, green);
                    int blue = argb + delta(factors >> 8, green) + delta(factors >> 16, red);
                    pixels[i] = argb & 0xff00ff00 | (red & 0xff) << 16 | blue & 0xff;
                }
            }
            return pixels;
        }

        /** The product of two signed bytes, the factor having 5 fractional bits. */
        private static int delta(int factor, int color) {
            return (byte) factor * (byte) color >> 5;
        }
    }

    /** The subtract-green transform: green has been subtracted from red and blue (section 3.5.3). */
    record SubtractGreen(int codedWidth) implements Transform {
        @Override
        public int[] inverse(int[] pixels) {
            for (int i = 0; i < pixels.length; i++) {
                int argb = pixels[i];
                int green = argb >> 8 & 0xff;
                pixels[i] = argb & 0xff00ff00 | (argb & 0xff00ff) + (green << 16 | green) & 0xff00ff;
            }
            return pixels;
        }
    }

    /** Color indexing: pixels are indices into a color table; 1, 2, 4 or 8 share one coded pixel's green (section 3.5.4). */
    record ColorIndexing(int width, int bundleBits, int[] colors) implements Transform {
        static ColorIndexing read(BitReader in, int width) throws IOException {
            int count = in.read(8) + 1;
            int[] differences = EntropyCodedImage.read(in, count, 1);
            /* Indices beyond the table give transparent black. */
            int[] colors = new int[256];
            for (int i = 0, color = 0; i < count; i++) {
                color = PredictorTransform.add(color, differences[i]);
                colors[i] = color;
            }
            return new ColorIndexing(width, count <= 2 ? 3 : count <= 4 ? 2 : count <= 16 ? 1 : 0, colors);
        }

        @Override
        public int codedWidth() {
            return blocks(width, bundleBits);
        }

        @Override
        public int[] inverse(int[] bundles) {
            int height = bundles.length / codedWidth();
            int[] pixels = bundleBits == 0 ? bundles : new int[width * height];
            int indexBits = 8 >> bundleBits;
            for (int y = 0, i = 0; y < height; y++) {
                int row = y * codedWidth();
                for (int x = 0; x < width; x++, i++) {
                    int bundle = bundles[row + (x >> bundleBits)] >> 8 & 0xff;
                    pixels[i] = colors[bundle >> (x & (1 << bundleBits) - 1) * indexBits & (1 << indexBits) - 1];
                }
            }
            return pixels;
        }
    }
}
