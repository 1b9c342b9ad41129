package thaw.kernels.cpu.microkernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.kernels.cpu.CpuBackend;

/** Each micro-kernel against the formula of {@link TapKernels}, also those that need more registers, or options of Java, than there are. */
class TapKernelsTest {

    private static final int ROUNDS = 6;

    @BeforeAll
    static void vectors() {
        assumeTrue(CpuBackend.hasVectors(), "the Vector API is missing: run Java with --add-modules jdk.incubator.vector");
    }

    static Stream<TapTile> tiles() {
        return Stream.concat(TapTile.NARROW.stream(), TapTile.wide());
    }

    @ParameterizedTest
    @MethodSource("tiles")
    void sums(TapTile tile) {
        SplittableRandom random = new SplittableRandom(tile.vectors() + 3L * tile.pixels() + 100L * tile.px());
        for (int round = 0; round < ROUNDS; round++) {
            sums(tile, random);
        }
    }

    private static void sums(TapTile tile, SplittableRandom random) {
        int lanes = TapKernels.L;
        int pixels = tile.pixels();
        int vectors = tile.vectors();
        int shift = tile.turn() == 1 && random.nextBoolean() ? 0 : Integer.numberOfTrailingZeros(lanes);
        int[] taps = random.ints(random.nextInt(1, 10), 0, 200).toArray();
        int steps = taps.length << shift;
        int xo = random.nextInt(50);
        int px = tile.px() == TapTile.ANY ? random.nextInt(1, 40) : tile.px();
        int wo = random.nextInt(50);
        int yo = random.nextInt(50);
        int py = random.nextInt(lanes, 2 * lanes);
        int yBlock = pixels * py + random.nextInt(20);
        float[] x = numbers(random, xo + pixels * px + 200 + lanes);
        float[] w = numbers(random, wo + steps * vectors * lanes);
        float[] y = numbers(random, yo + vectors * yBlock + lanes);
        double[] expected = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            expected[i] = y[i];
        }
        for (int p = 0; p < pixels; p++) {
            for (int v = 0; v < vectors; v++) {
                for (int lane = 0; lane < lanes; lane++) {
                    double sum = 0;
                    for (int k = 0; k < steps; k++) {
                        sum += (double) x[xo + p * px + taps[k >> shift] + k % (1 << shift)] * w[wo + (k * vectors + v) * lanes + lane];
                    }
                    expected[yo + p * py + v * yBlock + lane] = sum;
                }
            }
        }
        tile.kernel().sum(x, xo, px, taps, shift, steps, w, wo, y, yo, py, yBlock);
        for (int i = 0; i < y.length; i++) {
            assertEquals(expected[i], y[i], 1e-5 * steps, "at " + i + ", " + steps + " steps, shift " + shift + ", px " + px);
        }
    }

    private static float[] numbers(SplittableRandom random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextFloat() * 2 - 1;
        }
        return numbers;
    }
}
