package thaw.kernels;

import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thaw.Extent;

/** A convolution of {@code x [n, c, h, w]} with a weight {@code [k, c/groups, r, s]}, to be tested on backends. */
public record ConvolutionCase(int n, int c, int h, int w, int k, int r, int s, boolean bias, Conv2dOptions options) {

    private static final int RANDOM = Extent.times(8, 40);

    /** Cases with more multiplications are left out of a sample. */
    private static final long MOST_PRODUCTS = Extent.FULL ? Long.MAX_VALUE : 1 << 24;

    public Shape weight() {
        return Shape.of(k, c / options.groups(), r, s);
    }

    public long seed() {
        return Objects.hash(n, c, h, w, k, r, s);
    }

    /** The approximate number of multiplications. */
    private long products() {
        return (long) n * h * w * weight().size() / options.strideH() / options.strideW();
    }

    /** The cases of {@link #all} with few multiplications, for tests that run each case several times. */
    public static Stream<ConvolutionCase> light() {
        return all().filter(v -> v.products() < 1 << 26);
    }

    /** Reduced shapes of ResNets, edge cases, and random cases. */
    public static Stream<ConvolutionCase> all() {
        Stream<ConvolutionCase> fixed = Stream.of(
                new ConvolutionCase(2, 3, 32, 32, 8, 7, 7, false, Conv2dOptions.of(2, 3)),
                new ConvolutionCase(2, 3, 33, 29, 64, 7, 7, false, Conv2dOptions.of(2, 3)),
                new ConvolutionCase(2, 3, 16, 16, 16, 3, 3, false, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(2, 64, 14, 14, 64, 3, 3, false, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(1, 32, 28, 28, 32, 3, 3, true, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(3, 16, 7, 7, 32, 3, 3, false, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(2, 16, 5, 6, 16, 3, 3, false, Conv2dOptions.of(1, 0)),
                new ConvolutionCase(2, 33, 13, 10, 19, 3, 3, false, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(3, 16, 6, 11, 50, 3, 3, false, Conv2dOptions.of(1, 2)),
                new ConvolutionCase(3, 64, 34, 33, 16, 3, 3, false, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(3, 32, 12, 18, 33, 3, 3, false, Conv2dOptions.of(2, 1)),
                new ConvolutionCase(2, 18, 17, 21, 50, 3, 3, true, Conv2dOptions.of(2, 0)),
                new ConvolutionCase(9, 64, 4, 5, 64, 3, 3, false, Conv2dOptions.of(2, 2)),
                new ConvolutionCase(2, 16, 14, 14, 16, 3, 3, false, Conv2dOptions.of(2, 1)),
                new ConvolutionCase(8, 64, 21, 25, 48, 3, 3, false, Conv2dOptions.of(2, 1)),
                new ConvolutionCase(6, 65, 28, 32, 20, 3, 3, true, Conv2dOptions.of(2, 1)),
                new ConvolutionCase(5, 16, 63, 62, 16, 3, 3, false, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(20, 33, 20, 22, 40, 3, 3, false, Conv2dOptions.of(1, 2)),
                new ConvolutionCase(1, 16, 49, 50, 1152, 3, 3, false, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(1, 520, 5, 5, 505, 3, 3, true, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(1, 512, 5, 4, 512, 3, 3, false, Conv2dOptions.of(1, 2)),
                new ConvolutionCase(4, 64, 126, 122, 16, 3, 3, false, Conv2dOptions.of(2, 1)),
                new ConvolutionCase(2, 16, 7, 7, 32, 1, 1, false, Conv2dOptions.of(1, 0)),
                new ConvolutionCase(2, 128, 7, 7, 96, 1, 1, true, Conv2dOptions.of(1, 0)),
                new ConvolutionCase(2, 16, 15, 14, 32, 1, 1, false, Conv2dOptions.of(2, 0)),
                new ConvolutionCase(1, 64, 8, 8, 64, 3, 3, false, Conv2dOptions.of(1, 1, 1, 32)),
                new ConvolutionCase(2, 64, 9, 9, 64, 3, 3, false, Conv2dOptions.of(2, 1, 1, 4)),
                new ConvolutionCase(2, 32, 9, 9, 64, 3, 3, true, Conv2dOptions.of(1, 1, 1, 2)),
                new ConvolutionCase(2, 17, 9, 9, 17, 3, 3, false, Conv2dOptions.of(1, 1, 1, 17)),
                new ConvolutionCase(2, 128, 13, 11, 128, 3, 3, true, Conv2dOptions.of(1, 1, 1, 32)),
                new ConvolutionCase(1, 128, 11, 14, 128, 3, 3, false, Conv2dOptions.of(2, 1, 1, 16)),
                new ConvolutionCase(3, 40, 9, 70, 80, 3, 3, true, Conv2dOptions.of(1, 1, 1, 20)),
                new ConvolutionCase(2, 40, 15, 15, 40, 5, 5, true, Conv2dOptions.of(2, 2, 1, 40)),
                new ConvolutionCase(2, 64, 7, 7, 32, 3, 3, false, Conv2dOptions.of(1, 1, 1, 4)),
                new ConvolutionCase(5, 33, 8, 8, 48, 1, 1, true, Conv2dOptions.of(1, 0)),
                new ConvolutionCase(3, 32, 17, 13, 40, 1, 1, true, new Conv2dOptions(3, 2, 0, 0, 1, 1, 1)),
                new ConvolutionCase(3, 17, 9, 11, 5, 3, 3, true, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(2, 8, 13, 13, 8, 3, 3, false, Conv2dOptions.of(1, 2, 2, 1)),
                new ConvolutionCase(1, 16, 13, 13, 16, 3, 3, false, Conv2dOptions.of(1, 4, 4, 1)),
                new ConvolutionCase(1, 1, 1, 1, 1, 1, 1, true, Conv2dOptions.DEFAULT),
                new ConvolutionCase(2, 16, 1, 1, 16, 3, 3, false, Conv2dOptions.of(1, 1)),
                new ConvolutionCase(2, 17, 1, 1, 3, 1, 1, true, Conv2dOptions.of(1, 2)),
                new ConvolutionCase(1, 4, 5, 5, 6, 5, 5, true, Conv2dOptions.DEFAULT),
                new ConvolutionCase(2, 16, 6, 6, 16, 2, 2, false, Conv2dOptions.of(1, 3)),
                new ConvolutionCase(2, 5, 6, 9, 16, 1, 7, true, new Conv2dOptions(1, 2, 0, 3, 1, 1, 1)),
                new ConvolutionCase(2, 16, 11, 4, 19, 5, 2, false, new Conv2dOptions(3, 1, 4, 0, 2, 1, 1)),
                // Pixels of one channel as far apart as those of channel blocks.
                new ConvolutionCase(1, 3, 9, 70, 40, 3, 3, true, new Conv2dOptions(4, 4, 1, 1, 1, 1, 1)),
                new ConvolutionCase(1, 3, 16, 136, 40, 3, 3, false, new Conv2dOptions(8, 8, 1, 1, 1, 1, 1)),
                new ConvolutionCase(1, 3, 32, 272, 40, 3, 3, true, new Conv2dOptions(16, 16, 1, 1, 1, 1, 1)),
                new ConvolutionCase(1, 1, 32, 544, 40, 3, 3, true, new Conv2dOptions(32, 32, 1, 1, 1, 1, 1)));
        SplittableRandom random = new SplittableRandom(1);
        return Stream.concat(fixed, IntStream.range(0, RANDOM).mapToObj(i -> random(random, i)))
                .filter(v -> v.products() <= MOST_PRODUCTS);
    }

    /** A random case, mostly with one group; sometimes with a few large groups, or many small ones. */
    static ConvolutionCase random(SplittableRandom random, int number) {
        boolean small = number % 4 == 3;
        int groups = small ? random.nextInt(5, 40) : number % 4 == 2 ? random.nextInt(2, 5) : 1;
        int channels = small ? 6 : 21;
        int r = random.nextInt(1, 6);
        int s = random.nextInt(1, 6);
        int dilationH = random.nextInt(1, 3);
        int dilationW = random.nextInt(1, 3);
        Conv2dOptions options = new Conv2dOptions(random.nextInt(1, 4), random.nextInt(1, 4), random.nextInt(4),
                random.nextInt(4), dilationH, dilationW, groups);
        return new ConvolutionCase(random.nextInt(1, 4), groups * random.nextInt(1, channels),
                random.nextInt(dilationH * (r - 1) + 1, 18), random.nextInt(dilationW * (s - 1) + 1, 18),
                groups * random.nextInt(1, channels), r, s, random.nextBoolean(), options);
    }
}
