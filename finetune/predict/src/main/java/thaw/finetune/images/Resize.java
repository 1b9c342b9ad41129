package thaw.finetune.images;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Resizing with a triangle filter that widens as the image shrinks, so that every source pixel contributes and there is no
 * aliasing. Byte-identical to Pillow's {@code BILINEAR}; equal to PyTorch's {@code interpolate(antialias=True)} except for
 * rounding.
 *
 * <p>Along one axis, with {@code scale = in / out} and {@code support = max(scale, 1)}, the output pixel at {@code i} has its
 * centre at {@code c = (i + 1/2) scale} in the input, and is the mean of the pixels at {@code j} within {@code support} of
 * it, weighted by {@code max(0, 1 - |j + 1/2 - c| / support)}. Rows are resized first, then columns, each rounded to 8 bits.
 * Weights are fixed-point numbers of 22 fractional bits, so that a sum of 8-bit samples fits into an {@code int}.
 */
public final class Resize {
    private static final int FRACTION_BITS = 22;
    private static final int HALF = 1 << FRACTION_BITS - 1;

    private Resize() {
    }

    /**
     * The image resized to {@code width} x {@code height} pixels, without keeping its aspect ratio.
     *
     * @throws IllegalArgumentException for sizes below 1 or above {@link ImageDecoder#MOST_PIXELS}
     */
    public static RgbImage to(RgbImage image, int width, int height) {
        return part(image, width, height, 0, 0, width, height);
    }

    /**
     * The image resized to {@code width} x {@code height} pixels with a box filter, byte-identical to Pillow's {@code BOX}: each pixel
     * is the mean of those whose centres lie in its area, or when the image grows, the nearest one.
     *
     * @throws IllegalArgumentException for sizes below 1 or above {@link ImageDecoder#MOST_PIXELS}
     */
    public static RgbImage box(RgbImage image, int width, int height) {
        return part(image, width, height, 0, 0, width, height, Filter.BOX);
    }

    /**
     * A rectangle of the image resized to {@code width} x {@code height} pixels: equal to {@link #to} followed by
     * {@link RgbImage#crop}, but with the time and memory of the rectangle only.
     *
     * @throws IllegalArgumentException if the rectangle is empty, has more than {@link ImageDecoder#MOST_PIXELS} pixels, or is
     *                                  not within the resized image
     */
    public static RgbImage part(RgbImage image, int width, int height, int left, int top, int partWidth, int partHeight) {
        return part(image, width, height, left, top, partWidth, partHeight, Filter.TRIANGLE);
    }

    private static RgbImage part(RgbImage image, int width, int height, int left, int top, int partWidth, int partHeight,
            Filter filter) {
        if (partWidth < 1 || partHeight < 1 || (long) partWidth * partHeight > ImageDecoder.MOST_PIXELS) {
            throw new IllegalArgumentException("resize: expected a size of 1 x 1 to " + ImageDecoder.MOST_PIXELS
                    + " pixels, got " + partWidth + " x " + partHeight);
        }
        if (left < 0 || top < 0 || left > width - partWidth || top > height - partHeight) {
            throw new IllegalArgumentException("resize: " + partWidth + " x " + partHeight + " pixels at (" + left + ", " + top
                    + ") do not lie within an image of " + width + " x " + height);
        }
        if (width == image.width() && height == image.height()) {
            return image.crop(left, top, partWidth, partHeight);
        }
        return resize(image, Weights.of(image.width(), width, left, partWidth, filter),
                Weights.of(image.height(), height, top, partHeight, filter));
    }

    /**
     * The image resized to a short side of {@code size} pixels with its aspect ratio kept: the long side is {@code size * long /
     * short}, rounded down as in torchvision.
     */
    public static RgbImage shortSide(RgbImage image, int size) {
        return to(image, widthFor(image, size), heightFor(image, size));
    }

    /** The width of {@link #shortSide}. */
    static int widthFor(RgbImage image, int size) {
        return side(image.width(), Math.min(image.width(), image.height()), size);
    }

    /** The height of {@link #shortSide}. */
    static int heightFor(RgbImage image, int size) {
        return side(image.height(), Math.min(image.width(), image.height()), size);
    }

    private static int side(int side, int shortSide, int size) {
        long resized = (long) size * side / shortSide;
        if (resized > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("resize: expected sides of at most " + Integer.MAX_VALUE + " pixels, got " + resized);
        }
        return (int) resized;
    }

    /**
     * Resizes in one pass over the image's rows. Each row is resized to the part's columns and then added to the sums of the
     * part's rows to which it contributes, which are few if the image shrinks.
     */
    private static RgbImage resize(RgbImage image, Weights columns, Weights rows) {
        int rowBytes = 3 * columns.count();
        byte[] to = new byte[rowBytes * rows.count()];
        int[] row = new int[rowBytes];
        Deque<int[]> free = new ArrayDeque<>();
        int[][] sums = new int[rows.count()][];
        int done = 0;
        int begun = 0;
        for (int source = rows.first[0]; done < rows.count(); source++) {
            resizeRow(image, source, columns, row);
            while (begun < rows.count() && rows.first[begun] <= source) {
                sums[begun] = free.isEmpty() ? new int[rowBytes] : free.pop();
                Arrays.fill(sums[begun++], HALF);
            }
            for (int y = done; y < begun; y++) {
                addScaled(row, rows.values[rows.start[y] + source - rows.first[y]], sums[y]);
            }
            while (done < begun && source == rows.last(done)) {
                writeBytes(sums[done], to, done * rowBytes);
                free.push(sums[done]);
                sums[done++] = null;
            }
        }
        return RgbImage.of(columns.count(), rows.count(), to);
    }

    private static void resizeRow(RgbImage image, int y, Weights columns, int[] row) {
        byte[] from = image.rgb();
        int rowStart = 3 * y * image.width();
        for (int x = 0, target = 0; x < columns.count(); x++, target += 3) {
            int red = HALF;
            int green = HALF;
            int blue = HALF;
            int source = rowStart + 3 * columns.first[x];
            for (int k = columns.start[x]; k < columns.start[x + 1]; k++, source += 3) {
                int weight = columns.values[k];
                red += (from[source] & 0xff) * weight;
                green += (from[source + 1] & 0xff) * weight;
                blue += (from[source + 2] & 0xff) * weight;
            }
            row[target] = rounded(red);
            row[target + 1] = rounded(green);
            row[target + 2] = rounded(blue);
        }
    }

    /** Adds a weighted row. Only ints, because C2 vectorises such loops, but not loops that widen bytes. */
    private static void addScaled(int[] samples, int weight, int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += samples[i] * weight;
        }
    }

    private static void writeBytes(int[] sums, byte[] to, int offset) {
        for (int i = 0; i < sums.length; i++) {
            to[offset + i] = (byte) rounded(sums[i]);
        }
    }

    private static int rounded(int sum) {
        return Math.max(0, Math.min(255, sum >> FRACTION_BITS));
    }

    /** The weight by the distance from an output pixel's centre, in input pixels divided by the scale, at least 1. */
    private enum Filter {
        TRIANGLE(1) {
            @Override
            double at(double distance) {
                return Math.max(0, 1 - Math.abs(distance));
            }
        },
        BOX(0.5) {
            @Override
            double at(double distance) {
                return distance > -0.5 && distance <= 0.5 ? 1 : 0;
            }
        };

        private final double support;

        Filter(double support) {
            this.support = support;
        }

        abstract double at(double distance);
    }

    /**
     * The filter at some output positions of one axis.
     *
     * @param first  the input position of each output position's first weight
     * @param start  the start of each output position's weights in {@code values}, followed by the total count
     * @param values fixed-point weights
     */
    private record Weights(int[] first, int[] start, int[] values) {
        /** The weights of {@code count} of {@code out} output positions, starting at {@code begin}. */
        static Weights of(int in, int out, int begin, int count, Filter filter) {
            double scale = (double) in / out;
            double support = filter.support * Math.max(scale, 1);
            int most = 2 * (int) Math.ceil(support) + 1;
            int[] first = new int[count];
            int[] start = new int[count + 1];
            int[] values = new int[Math.multiplyExact(most, count)];
            double[] taps = new double[most];
            for (int i = 0; i < count; i++) {
                double center = (begin + i + 0.5) * scale;
                int from = Math.max(0, (int) (center - support + 0.5));
                int pixels = Math.min(in, (int) (center + support + 0.5)) - from;
                double sum = 0;
                for (int k = 0; k < pixels; k++) {
                    taps[k] = filter.at((k + from - center + 0.5) * (1 / Math.max(scale, 1)));
                    sum += taps[k];
                }
                first[i] = from;
                start[i + 1] = start[i] + pixels;
                for (int k = 0; k < pixels; k++) {
                    values[start[i] + k] = (int) (0.5 + taps[k] / sum * (1 << FRACTION_BITS));
                }
            }
            return new Weights(first, start, values);
        }

        int count() {
            return first.length;
        }

        /** The input position of an output position's last weight. */
        int last(int i) {
            return first[i] + start[i + 1] - start[i] - 1;
        }
    }
}
