package thaw.finetune.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.finetune.images.RgbImage;

class CoordinateTransformTest {
    private static final int DRAWS = 20_000;

    /**
     * Red of the 6 x 6 image after flip, turn of 25 degrees, zoom of 1.3 at (0.2, 0.9) and warp of (0.15, -0.1): PyTorch 2.13
     * in float64, {@code affine_grid} and {@code grid_sample}, both with {@code align_corners=True}, padding {@code reflection}.
     */
    private static final double[] PYTORCH = {
        73.0721, 64.2705, 51.3357, 39.7284, 29.2801, 19.8476, 88.2255, 73.7388, 60.7024, 48.9362, 38.2867, 28.6227,
        95.927, 81.5461, 68.534, 56.7289, 45.9919, 36.203, 102.2216, 88.0331, 75.1319, 63.3729, 52.6303, 42.7951,
        104.212, 93.4597, 80.7284, 69.0751, 58.3864, 48.563, 91.1318, 89.3941, 85.5045, 73.9989, 63.4069, 53.6381};
    /** Green after the turn alone, whose corners come from beyond the edges. */
    private static final double[] PYTORCH_TURNED = {
        52.5977, 40.9469, 42.1653, 42.6177, 54.9368, 68.7048, 61.2381, 56.5133, 58.3745, 59.4697, 59.7988, 59.3618,
        69.5757, 72.8457, 75.3497, 77.0877, 78.0596, 78.2654, 86.0314, 89.9442, 93.091, 95.4717, 97.0864, 97.935,
        103.2531, 107.8087, 111.5982, 114.6218, 116.8792, 110.5343, 97.7378, 114.2908, 130.8716, 134.5379, 137.4382, 121.9597};

    @Test
    void oneResamplingEqualsPyTorch() {
        Projection affine = Projection.affine(-1, 0, 0, 0, 1, 0).times(Rotate.by(25)).times(Zoom.by(1.3, 0.2, 0.9));
        float[] out = resample(Waves.image(6, 6), Warp.by(0.15, -0.1).times(affine), 6);
        assertClose(PYTORCH, Arrays.copyOf(out, 36));
        float[] turned = resample(Waves.image(6, 6), Rotate.by(25), 6);
        assertClose(PYTORCH_TURNED, Arrays.copyOfRange(turned, 36, 72));
    }

    /** The positions are rounded to 1/65536 of a pixel, over which the image changes by less than 0.004. */
    private static void assertClose(double[] expected, float[] actual) {
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 0.005, "pixel " + i);
        }
    }

    /** A quarter turn clockwise is a transposition and a mirroring, to the bit. */
    @ParameterizedTest
    @CsvSource({"90, 1", "-90, 3", "180, 2", "0, 0"})
    void quarterTurns(double degrees, int quarters) {
        RgbImage image = Waves.image(17, 17);
        float[] turned = resample(image, Rotate.by(degrees), 17);
        for (int y = 0; y < 17; y++) {
            for (int x = 0; x < 17; x++) {
                int sourceX = x;
                int sourceY = y;
                for (int i = 0; i < quarters; i++) {
                    int before = sourceX;
                    sourceX = sourceY;
                    sourceY = 16 - before;
                }
                assertEquals(image.sample(sourceX, sourceY, 1), turned[289 + 17 * y + x]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 64})
    void mirroringIsExact(int size) {
        RgbImage image = Waves.image(size, size);
        SplittableRandom random = new SplittableRandom(1);
        assertArrayEquals(resample(image.flipHorizontally(), Projection.IDENTITY, size),
                resample(image, new Flip(1).draw(random), size));
        assertEquals(Projection.IDENTITY, new Flip(0).draw(random));
    }

    @Test
    void theSquareHasEightSymmetries() {
        RgbImage image = Waves.image(4, 4);
        SplittableRandom random = new SplittableRandom(2);
        Set<List<Float>> seen = new HashSet<>();
        int unchanged = 0;
        for (int i = 0; i < 800; i++) {
            float[] out = resample(image, new Dihedral(1).draw(random), 4);
            Float[] boxed = new Float[out.length];
            Arrays.setAll(boxed, k -> out[k]);
            seen.add(List.of(boxed));
            unchanged += out[0] == image.sample(0, 0, 0) && out[1] == image.sample(1, 0, 0) ? 1 : 0;
        }
        assertEquals(8, seen.size());
        assertEquals(100, unchanged, 40);
    }

    /** A zoom of 2 about a corner shows the quarter there: its corners are pixels of the image, the rest lies between them. */
    @Test
    void zoomShowsAPart() {
        RgbImage image = Waves.image(9, 9);
        float[] out = resample(image, Zoom.by(2, 0, 1), 9);
        assertEquals(image.sample(0, 4, 0), out[0]);
        assertEquals(image.sample(4, 4, 0), out[8]);
        assertEquals(image.sample(4, 8, 0), out[80]);
        assertEquals((image.sample(0, 4, 0) + image.sample(1, 4, 0)) / 2.0, out[1], 1e-4);
    }

    /** Corners move by the magnitude, where the side is 2; the center stays within. */
    @Test
    void warpMovesCorners() {
        Projection warp = Warp.by(0.2, 0.1);
        assertMaps(warp, -1.1, -1.2, -1, -1);
        assertMaps(warp, 1.1, -0.8, 1, -1);
        assertMaps(warp, 0.9, 0.8, 1, 1);
        assertMaps(warp, -0.9, 1.2, -1, 1);
        assertEquals(1, Warp.by(0, 0).a() / Warp.by(0, 0).i(), 1e-15);
        assertTrue(Warp.by(0, 0).isAffine());
    }

    private static void assertMaps(Projection map, double x, double y, double toX, double toY) {
        double w = map.g() * x + map.h() * y + map.i();
        assertEquals(toX, (map.a() * x + map.b() * y + map.c()) / w, 1e-12);
        assertEquals(toY, (map.d() * x + map.e() * y + map.f()) / w, 1e-12);
    }

    @Test
    void anglesAreUniformWithinTheLimit() {
        SplittableRandom random = new SplittableRandom(3);
        int turned = 0;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            Projection map = new Rotate(10, 0.75).draw(random);
            if (map != Projection.IDENTITY) {
                turned++;
                double degrees = Math.toDegrees(Math.atan2(map.b(), map.a()));
                assertTrue(Math.abs(degrees) <= 10);
                sum += degrees;
                squares += degrees * degrees;
            }
        }
        assertEquals(0.75, (double) turned / DRAWS, 0.015);
        assertEquals(0, sum / turned, 0.2);
        assertEquals(100 / 3.0, squares / turned, 1);
    }

    @Test
    void zoomsAreUniformAndStayWithinTheImage() {
        SplittableRandom random = new SplittableRandom(4);
        double sum = 0;
        int zoomed = 0;
        for (int i = 0; i < DRAWS; i++) {
            Projection map = new Zoom(1, 1.4, 0.5).draw(random);
            if (map != Projection.IDENTITY) {
                zoomed++;
                double factor = 1 / map.a();
                assertTrue(factor >= 1 && factor <= 1.4);
                assertTrue(Math.abs(map.c()) + map.a() <= 1 + 1e-12 && Math.abs(map.f()) + map.e() <= 1 + 1e-12);
                sum += factor;
            }
        }
        assertEquals(0.5, (double) zoomed / DRAWS, 0.015);
        assertEquals(1.2, sum / zoomed, 0.005);
    }

    /** Each axis by itself with its probability: none of both in 1/16 of the draws. */
    @Test
    void warpsDrawEachAxis() {
        SplittableRandom random = new SplittableRandom(5);
        int none = 0;
        for (int i = 0; i < DRAWS; i++) {
            none += new Warp(0.2, 0.75).draw(random) == Projection.IDENTITY ? 1 : 0;
        }
        assertEquals(1 / 16.0, (double) none / DRAWS, 0.007);
    }

    @Test
    void zeroMagnitudesChangeNothing() {
        RgbImage image = Waves.image(21, 21);
        SplittableRandom random = new SplittableRandom(6);
        float[] plain = resample(image, Projection.IDENTITY, 21);
        for (CoordinateTransform none : List.of(new Rotate(0, 1), new Zoom(1, 1, 1), new Warp(0, 1), new Flip(0))) {
            assertArrayEquals(plain, resample(image, none.draw(random), 21), none.toString());
        }
        assertNotEquals(plain[0], resample(image, Rotate.by(1), 21)[0]);
    }

    /** Beyond the edges: 3 2 1 | 0 1 2 3 | 2 1 0. */
    @Test
    void edgesAreMirrors() {
        int[] at = {3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1};
        for (int i = 0; i < at.length; i++) {
            assertEquals(at[i] << 16, Resampling.position(i - 3, 4));
        }
        assertEquals(0, Resampling.position(-17.3, 1));
        assertEquals(Math.round(0.25 * 65536), Resampling.position(-0.25, 4));
    }

    @Test
    void senselessSettingsAreNamed() {
        assertMessage(() -> new Flip(1.1), "Flip p", "1.1");
        assertMessage(() -> new Rotate(200, 1), "maxDegrees", "200");
        assertMessage(() -> new Zoom(0, 1, 1), "Zoom min", "0.0");
        assertMessage(() -> new Zoom(2, 1, 1), "Zoom max", "1.0");
        assertMessage(() -> new Warp(1, 1), "magnitude", "1.0");
        assertMessage(() -> new Dihedral(Double.NaN), "Dihedral p", "NaN");
    }

    private static void assertMessage(Runnable action, String... parts) {
        String message = assertThrows(IllegalArgumentException.class, action::run).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    private static float[] resample(RgbImage image, Projection map, int size) {
        float[] out = new float[3 * size * size];
        new Resampling(image, Waves.asTheyAre()).write(map, 0, 0, size, out, 0);
        return out;
    }
}
