package thaw.finetune.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.finetune.augment.Corruption.Kind;
import thaw.finetune.images.RgbImage;

/** The corruptions against their formulas and, for the box filter and JPEG, Pillow. */
class CorruptionTest {
    private static final int SIDE = 96;

    private static RgbImage gray(int level) {
        byte[] rgb = new byte[3 * SIDE * SIDE];
        Arrays.fill(rgb, (byte) level);
        return RgbImage.of(SIDE, SIDE, rgb);
    }

    private static RgbImage waves(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (128 + 90 * Math.sin(i / 3 % width / 5.0 + i % 3) * Math.cos(i / 3 / width / 7.0));
        }
        return RgbImage.of(width, height, rgb);
    }

    private static RgbImage apply(Kind kind, int severity, RgbImage image, long seed) {
        return new Corruption(kind, severity).apply(image, image.width(), new SplittableRandom(seed));
    }

    private static double[] samples(RgbImage image) {
        return IntStream.range(0, image.rgb().length).mapToDouble(i -> (image.rgb()[i] & 0xff) / 255.0).toArray();
    }

    private static double mean(double[] x) {
        return Arrays.stream(x).average().orElseThrow();
    }

    private static double std(double[] x) {
        double mean = mean(x);
        return Math.sqrt(Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    }

    @ParameterizedTest
    @EnumSource
    void sameSeedSameBytesAndSameSize(Kind kind) {
        RgbImage image = waves(40, 33);
        for (int severity = 1; severity <= 5; severity++) {
            RgbImage first = apply(kind, severity, image, 7);
            assertEquals(first, apply(kind, severity, image, 7));
            assertEquals(40, first.width());
            assertEquals(33, first.height());
        }
        boolean random = kind.name().endsWith("NOISE") || kind == Kind.FOG;
        assertEquals(!random, apply(kind, 5, image, 7).equals(apply(kind, 5, image, 8)), kind.label());
    }

    /** The error grows with the severity, except for the saturation, which falls at severities 1 and 2 and rises from 3 on. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SATURATE")
    void worseSeveritiesChangeMore(Kind kind) {
        RgbImage image = waves(64, 64);
        double before = 0;
        for (int severity = 1; severity <= 5; severity += 2) {
            double[] x = samples(image);
            double[] y = samples(apply(kind, severity, image, 3));
            double error = IntStream.range(0, x.length).mapToDouble(i -> (x[i] - y[i]) * (x[i] - y[i])).sum();
            assertTrue(error > before, kind + " " + severity + ": " + error + " after " + before);
            before = error;
        }
    }

    /** Rounding down lowers the mean by half a step; at mid-gray hardly any sample is clipped. */
    @Test
    void noiseHasItsDistribution() {
        double v = 128 / 255.0;
        double half = 0.5 / 255;
        for (int severity : new int[] {1, 3, 5}) {
            double[] gaussian = samples(apply(Kind.GAUSSIAN_NOISE, severity, gray(128), 1));
            double sigma = new double[] {0.04, 0, 0.08, 0, 0.10}[severity - 1];
            assertEquals(sigma, std(gaussian), 0.02 * sigma);
            assertEquals(v - half, mean(gaussian), 0.002);
            double[] speckle = samples(apply(Kind.SPECKLE_NOISE, severity, gray(128), 1));
            double share = new double[] {0.06, 0, 0.12, 0, 0.20}[severity - 1];
            assertEquals(share * v, std(speckle), 0.02 * share * v);
            double[] shot = samples(apply(Kind.SHOT_NOISE, severity, gray(128), 1));
            double photons = new double[] {500, 0, 100, 0, 50}[severity - 1];
            assertEquals(Math.sqrt(v / photons), std(shot), 0.02 * Math.sqrt(v / photons));
            assertEquals(v - half, mean(shot), 0.002);
            double[] impulses = samples(apply(Kind.IMPULSE_NOISE, severity, gray(128), 1));
            double replaced = new double[] {0.01, 0, 0.03, 0, 0.07}[severity - 1];
            assertEquals(replaced / 2, Arrays.stream(impulses).filter(x -> x == 0).count() / (double) impulses.length, 0.15 * replaced);
            assertEquals(replaced / 2, Arrays.stream(impulses).filter(x -> x == 1).count() / (double) impulses.length, 0.15 * replaced);
            assertTrue(Arrays.stream(impulses).allMatch(x -> x == 0 || x == 1 || x == v));
        }
        assertEquals(gray(0), apply(Kind.SHOT_NOISE, 5, gray(0), 1));
    }

    /** A disk of radius 1.5 has nine pixels; with sigma 0.1 nothing is smoothed. Of radius 0.3, the Gaussian alone is left. */
    @Test
    void blurIsAMeanOverADisk() {
        for (double[] setting : new double[][] {{.3, .4}, {.4, .5}, {.5, .6}, {1, .2}, {1.5, .1}}) {
            double[][] disk = Corruption.disk(setting[0], setting[1]);
            assertEquals(1, Arrays.stream(disk).flatMapToDouble(Arrays::stream).sum(), 1e-12);
            for (double[] row : disk) {
                for (int i = 0; i < row.length; i++) {
                    assertEquals(row[row.length - 1 - i], row[i], 1e-15);
                }
            }
        }
        double[][] nine = Corruption.disk(1.5, 0.1);
        assertEquals(9, Arrays.stream(nine).flatMapToDouble(Arrays::stream).filter(w -> Math.abs(w - 1.0 / 9) < 1e-9).count());
        double beside = Math.exp(-1 / (2 * 0.4 * 0.4));
        assertEquals(Math.pow(1 / (1 + 2 * beside), 2), Corruption.disk(0.3, 0.4)[1][1], 1e-12);
        assertEquals(gray(77), apply(Kind.DEFOCUS_BLUR, 5, gray(77), 1));
        byte[] point = new byte[3 * 9 * 9];
        point[3 * (4 * 9 + 4)] = (byte) 255;
        point[3 * (8 * 9 + 8)] = (byte) 255;
        RgbImage blurred = apply(Kind.DEFOCUS_BLUR, 5, RgbImage.of(9, 9, point), 1);
        IntBinaryOperator red = (x, y) -> blurred.sample(x, y, 0);
        assertEquals(28, red.applyAsInt(3, 5));
        assertEquals(0, red.applyAsInt(4, 2));
        assertEquals(28, red.applyAsInt(8, 8), "the corner's mirror images are pixels beside it");
    }

    /** Java2D's own conversion is the reference for HSV. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void lightChangesValueOrSaturationAlone(int severity) {
        SplittableRandom random = new SplittableRandom(severity);
        byte[] rgb = new byte[3 * 500];
        random.nextBytes(rgb);
        RgbImage image = RgbImage.of(500, 1, rgb);
        RgbImage bright = apply(Kind.BRIGHTNESS, severity, image, 1);
        RgbImage saturated = apply(Kind.SATURATE, severity, image, 1);
        double added = new double[] {.05, .1, .15, .2, .3}[severity - 1];
        double[] times = {.3, .1, 1.5, 2, 2.5};
        double[] plus = {0, 0, 0, .1, .2};
        for (int x = 0; x < 500; x++) {
            float[] hsv = Color.RGBtoHSB(image.sample(x, 0, 0), image.sample(x, 0, 1), image.sample(x, 0, 2), null);
            assertColor(hsv[0], hsv[1], Math.min(1, hsv[2] + added), bright, x);
            assertColor(hsv[0], Math.min(1, hsv[1] * times[severity - 1] + plus[severity - 1]), hsv[2], saturated, x);
        }
    }

    private static void assertColor(double h, double s, double v, RgbImage found, int x) {
        Color expected = new Color(Color.HSBtoRGB((float) h, (float) s, (float) v));
        assertEquals(expected.getRed(), found.sample(x, 0, 0), 1);
        assertEquals(expected.getGreen(), found.sample(x, 0, 1), 1);
        assertEquals(expected.getBlue(), found.sample(x, 0, 2), 1);
    }

    @Test
    void contrastKeepsTheMean() {
        double[] x = samples(waves(64, 64));
        double[] y = samples(apply(Kind.CONTRAST, 5, waves(64, 64), 1));
        assertEquals(0.15 * std(x), std(y), 0.01 * std(x));
        assertEquals(mean(x) - 0.5 / 255, mean(y), 0.001);
    }

    /** {@code (v + c·fog)·v / (v + c)} for a constant image, with fog from 0 to 1. */
    @Test
    void fogLiesBetweenItsBounds() {
        double v = 128 / 255.0;
        double[] fog = samples(apply(Kind.FOG, 5, gray(128), 4));
        assertEquals(v * v / (v + 1.5), Arrays.stream(fog).min().orElseThrow(), 1.0 / 255);
        assertTrue(Arrays.stream(fog).max().orElseThrow() <= v && mean(fog) > v * v / (v + 1.5) + 0.05);
        double[][] map = PlasmaFractal.draw(33, 2, new SplittableRandom(1));
        assertEquals(64, map.length);
        double[] all = Arrays.stream(map).flatMapToDouble(Arrays::stream).toArray();
        assertEquals(0, Arrays.stream(all).min().orElseThrow());
        assertEquals(1, Arrays.stream(all).max().orElseThrow());
        double neighbours = 0;
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                neighbours += Math.pow(map[y][x] - map[y][(x + 1) % 64], 2) / all.length;
            }
        }
        assertTrue(neighbours < 0.2 * std(all) * std(all), "a cloud is smooth: " + neighbours);
    }

    /** {@code resize((13, 13), BOX).resize((20, 20), BOX)} in Pillow 12.3. */
    @Test
    void pixelsAreThoseOfPillow() {
        byte[] rgb = new byte[3 * 20 * 20];
        for (int i = 0; i < 400; i++) {
            int a = i * 7 % 256;
            rgb[3 * i] = (byte) a;
            rgb[3 * i + 1] = (byte) (a * 3);
            rgb[3 * i + 2] = (byte) (255 - a);
        }
        RgbImage found = apply(Kind.PIXELATE, 5, RgbImage.of(20, 20, rgb), 1);
        int[] red = {146, 146, 156, 167, 167, 177, 124, 124, 70, 81, 81, 91, 102, 102, 112, 123, 123, 133, 144, 144};
        int[] blue = {94, 94, 83, 73, 73, 62, 180, 180, 169, 159, 159, 148, 138, 138, 127, 117, 117, 106, 96, 96};
        for (int x = 0; x < 20; x++) {
            assertEquals(red[x], found.sample(x, 7, 0));
            assertEquals(blue[x], found.sample(x, 19, 2));
        }
    }

    /** The mean error of Pillow 12.3 at qualities 80 and 40, and some of its pixels; decoders differ in rounding and in chroma. */
    @Test
    void jpegIsCloseToPillow() {
        byte[] rgb = new byte[3 * 32 * 32];
        for (int i = 0; i < 1024; i++) {
            rgb[3 * i] = (byte) (128 + 100 * Math.sin(i % 32 / 5.0));
            rgb[3 * i + 1] = (byte) (128 + 90 * Math.cos(i / 32 / 4.0));
            rgb[3 * i + 2] = (byte) (4 * (i % 32) + 3 * (i / 32));
        }
        RgbImage image = RgbImage.of(32, 32, rgb);
        for (int[] expected : new int[][] {{1, 29}, {5, 41}}) {
            double[] x = samples(image);
            double[] y = samples(apply(Kind.JPEG, expected[0], image, 1));
            double error = IntStream.range(0, x.length).mapToDouble(i -> Math.abs(x[i] - y[i])).average().orElseThrow() * 255;
            assertEquals(expected[1] / 10.0, error, 0.6);
        }
        RgbImage worst = apply(Kind.JPEG, 5, image, 1);
        int[] red = {234, 229, 219, 208, 192, 178, 165, 150};
        for (int i = 0; i < red.length; i++) {
            assertEquals(red[i], worst.sample(8 + i, 4, 0), 8);
        }
    }

    @Test
    void severitiesAreOneToFive() {
        for (int severity : new int[] {0, 6}) {
            String message = assertThrows(IllegalArgumentException.class, () -> new Corruption(Kind.FOG, severity)).getMessage();
            assertTrue(message.contains("1 to 5") && message.contains(String.valueOf(severity)), message);
        }
        assertNotEquals(new Corruption(Kind.FOG, 1), new Corruption(Kind.FOG, 2));
    }
}
