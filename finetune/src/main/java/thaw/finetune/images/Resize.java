package thaw.finetune.images;

import java.util.Arrays;

/**
 * Resizing with a triangle filter that widens as the image shrinks, so that every source pixel counts and photographs do not
 * alias. This is Pillow's {@code BILINEAR}, bytes included (also PyTorch's {@code interpolate(antialias=True)} but for its
 * rounding).
 *
 * <p>Along one axis, with {@code scale = in / out} and {@code support = max(scale, 1)}, the output pixel at {@code i} has its
 * center at {@code c = (i + 1/2) scale} in the input, and is the mean of the pixels at {@code j} within {@code support} of
 * it, weighted by {@code max(0, 1 - |j + 1/2 - c| / support)}. Rows are resized first, then columns, each rounded to 8 bits;
 * weights are fixed-point numbers of 22 fractional bits, as many as leave a sum of 8-bit samples within an {@code int}.
 */
public final class Resize {
    private static final int FRACTION_BITS = 22;
    private static final int HALF = 1 << FRACTION_BITS - 1;

    private Resize() {
    }

    /**
     * The image at {@code width} x {@code height} pixels, whatever that does to its proportions.
     *
     * @throws IllegalArgumentException for sizes below 1 or above 200 million pixels
     */
    public static RgbImage to(RgbImage image, int width, int height) {
        if (width < 1 || height < 1 || (long) width * height > ImageDecoder.MOST_PIXELS) {
            throw new IllegalArgumentException("resize: expected a size of 1 x 1 to " + ImageDecoder.MOST_PIXELS
                    + " pixels, got " + width + " x " + height);
        }
        RgbImage narrowed = width == image.width() ? image : horizontally(image, width);
        return height == image.height() ? narrowed : vertically(narrowed, height);
    }

    /**
     * The image with its short side at {@code size} pixels and its proportions kept: the long side is {@code size * long /
     * short}, rounded down as torchvision does.
     */
    public static RgbImage shortSide(RgbImage image, int size) {
        int width = image.width();
        int height = image.height();
        int longSide = (int) Math.min(Integer.MAX_VALUE, (long) size * Math.max(width, height) / Math.min(width, height));
        return width <= height ? to(image, size, longSide) : to(image, longSide, size);
    }

    private static RgbImage horizontally(RgbImage image, int width) {
        Weights weights = Weights.of(image.width(), width);
        byte[] from = image.rgb();
        byte[] to = new byte[3 * width * image.height()];
        for (int y = 0, target = 0; y < image.height(); y++) {
            int rowStart = 3 * y * image.width();
            for (int x = 0; x < width; x++, target += 3) {
                int red = HALF;
                int green = HALF;
                int blue = HALF;
                int source = rowStart + 3 * weights.first[x];
                for (int k = weights.start[x]; k < weights.start[x + 1]; k++, source += 3) {
                    int weight = weights.values[k];
                    red += (from[source] & 0xff) * weight;
                    green += (from[source + 1] & 0xff) * weight;
                    blue += (from[source + 2] & 0xff) * weight;
                }
                to[target] = toByte(red);
                to[target + 1] = toByte(green);
                to[target + 2] = toByte(blue);
            }
        }
        return RgbImage.of(width, image.height(), to);
    }

    /** Sums of whole rows, as ints throughout: of such loops the compiler makes vectors, of loops that widen bytes it doesn't. */
    private static RgbImage vertically(RgbImage image, int height) {
        Weights weights = Weights.of(image.height(), height);
        int rowBytes = 3 * image.width();
        byte[] to = new byte[rowBytes * height];
        int[][] rows = new int[image.height()][];
        int[] sums = new int[rowBytes];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, HALF);
            for (int k = weights.start[y], source = weights.first[y]; k < weights.start[y + 1]; k++, source++) {
                if (rows[source] == null) {
                    rows[source] = samples(image.rgb(), source * rowBytes, rowBytes);
                }
                addScaled(rows[source], weights.values[k], sums);
            }
            round(sums);
            for (int i = 0; i < rowBytes; i++) {
                to[y * rowBytes + i] = (byte) sums[i];
            }
            // No later row looks further back.
            for (int done = y == 0 ? 0 : weights.first[y - 1]; done < weights.first[y]; done++) {
                rows[done] = null;
            }
        }
        return RgbImage.of(image.width(), height, to);
    }

    private static int[] samples(byte[] rgb, int from, int count) {
        int[] samples = new int[count];
        for (int i = 0; i < count; i++) {
            samples[i] = rgb[from + i] & 0xff;
        }
        return samples;
    }

    private static void addScaled(int[] samples, int weight, int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += samples[i] * weight;
        }
    }

    private static void round(int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] = Math.max(0, Math.min(255, sums[i] >> FRACTION_BITS));
        }
    }

    private static byte toByte(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> FRACTION_BITS));
    }

    /**
     * The filter at every output position of one axis.
     *
     * @param first  the input position that the first weight of an output position is for
     * @param start  where the weights of an output position begin in {@code values}; they end where the next one's begin
     * @param values fixed-point weights
     */
    private record Weights(int[] first, int[] start, int[] values) {
        static Weights of(int in, int out) {
            double scale = (double) in / out;
            double support = Math.max(scale, 1);
            int most = 2 * (int) Math.ceil(support) + 1;
            int[] first = new int[out];
            int[] start = new int[out + 1];
            int[] values = new int[most * out];
            double[] taps = new double[most];
            for (int i = 0; i < out; i++) {
                double center = (i + 0.5) * scale;
                int from = Math.max(0, (int) (center - support + 0.5));
                int count = Math.min(in, (int) (center + support + 0.5)) - from;
                double sum = 0;
                for (int k = 0; k < count; k++) {
                    double distance = Math.abs((k + from - center + 0.5) * (1 / support));
                    taps[k] = distance < 1 ? 1 - distance : 0;
                    sum += taps[k];
                }
                first[i] = from;
                start[i + 1] = start[i] + count;
                for (int k = 0; k < count; k++) {
                    values[start[i] + k] = (int) (0.5 + taps[k] / sum * (1 << FRACTION_BITS));
                }
            }
            return new Weights(first, start, values);
        }
    }
}
