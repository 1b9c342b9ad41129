package thaw.finetune.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SyntheticImagesTest {

    private static final List<SyntheticImages> SETS = List.of(SyntheticImages.pretraining(), SyntheticImages.demo());

    @Test
    void classesAreNamedInOrderAndNoneIsInBothSets() {
        assertEquals(40, SyntheticImages.pretraining().classes().size());
        assertEquals(10, SyntheticImages.demo().classes().size());
        for (SyntheticImages set : SETS) {
            assertEquals(set.classes().stream().sorted().distinct().toList(), set.classes());
        }
        assertTrue(Collections.disjoint(SyntheticImages.pretraining().classes(), SyntheticImages.demo().classes()));
    }

    @Test
    void theSameSeedGivesTheSameImage() {
        for (SyntheticImages set : SETS) {
            for (int c = 0; c < set.classes().size(); c++) {
                assertArrayEquals(pixels(set.draw(c, 7, 32)), pixels(set.draw(c, 7, 32)), set.classes().get(c));
            }
        }
    }

    @Test
    void drawingOnSeveralThreadsChangesNothing() {
        SyntheticImages set = SyntheticImages.demo();
        List<int[]> together = IntStream.range(0, 200).parallel().mapToObj(i -> pixels(set.draw(i % 10, i, 24))).toList();
        for (int i = 0; i < together.size(); i++) {
            assertArrayEquals(pixels(set.draw(i % 10, i, 24)), together.get(i));
        }
    }

    @Test
    void imagesOfDifferentSeedsAndClassesDiffer() {
        Set<List<Integer>> seen = new HashSet<>();
        int drawn = 0;
        for (SyntheticImages set : SETS) {
            for (int c = 0; c < set.classes().size(); c++) {
                for (long seed : new long[] {0, 1, 2, -1, 1L << 32, Long.MIN_VALUE, Long.MAX_VALUE}) {
                    seen.add(IntStream.of(pixels(set.draw(c, seed, 16))).boxed().toList());
                    drawn++;
                }
            }
        }
        assertEquals(drawn, seen.size());
    }

    @Test
    void imagesAreRgbOfTheSizeAskedFor() {
        for (int size : new int[] {8, 31, 32, 40, 224, 1024}) {
            BufferedImage drawn = SyntheticImages.demo().draw(0, 1, size);
            assertEquals(size, drawn.getWidth());
            assertEquals(size, drawn.getHeight());
            assertEquals(BufferedImage.TYPE_INT_RGB, drawn.getType());
        }
    }

    @Test
    void anotherSizeShowsTheSameScene() {
        SyntheticImages set = SyntheticImages.demo();
        double same = 0;
        double other = 0;
        for (int c = 0; c < 10; c++) {
            double[] small = blocks(set.draw(c, 5, 32), 8);
            same += distance(small, blocks(set.draw(c, 5, 96), 8));
            other += distance(small, blocks(set.draw(c, 6, 32), 8));
        }
        assertTrue(same < 0.2 * other, "between sizes " + same + ", between seeds " + other);
    }

    @Test
    void noImageIsBlank() {
        for (SyntheticImages set : SETS) {
            for (int c = 0; c < set.classes().size(); c++) {
                for (int seed = 0; seed < 10; seed++) {
                    assertTrue(new HashSet<>(IntStream.of(pixels(set.draw(c, seed, 32))).boxed().toList()).size() > 50);
                }
            }
        }
    }

    /** Chance is 10 %; with 1000 trials three standard deviations are 2.8 points. */
    @Test
    void colourDoesNotTellTheClass() {
        double accuracy = nearestMeanAccuracy(1);
        assertTrue(accuracy < 0.16, "mean colour: " + accuracy);
    }

    /** Nor does the coarse arrangement of colours: what a linear classifier on pixels could use. */
    @Test
    void meanImageDoesNotTellTheClass() {
        double accuracy = nearestMeanAccuracy(8);
        assertTrue(accuracy < 0.25, "mean image: " + accuracy);
    }

    @Test
    void errorsNameWhatWasExpected() {
        SyntheticImages set = SyntheticImages.demo();
        assertEquals("class 10 of 10; the first is 0",
                assertThrows(IndexOutOfBoundsException.class, () -> set.draw(10, 1, 32)).getMessage());
        assertThrows(IndexOutOfBoundsException.class, () -> set.draw(-1, 1, 32));
        assertEquals("images are 8 to 1024 pixels wide, not 7",
                assertThrows(IllegalArgumentException.class, () -> set.draw(0, 1, 7)).getMessage());
        assertThrows(IllegalArgumentException.class, () -> set.draw(0, 1, 1025));
    }

    @Test
    void contactSheetShowsEveryClassInARow() {
        SyntheticImages set = SyntheticImages.demo();
        BufferedImage sheet = ContactSheet.draw(set, 3, 32, 1);
        int[] last = pixels(set.draw(9, 3, 32));
        int left = sheet.getWidth() - 36;
        int top = sheet.getHeight() - 36;
        assertArrayEquals(last, sheet.getRGB(left, top, 32, 32, null, 0, 32));
        assertFalse(sheet.getWidth() < 3 * 32);
    }

    private static double nearestMeanAccuracy(int grid) {
        SyntheticImages set = SyntheticImages.demo();
        int classes = set.classes().size();
        List<double[]> means = new ArrayList<>();
        for (int c = 0; c < classes; c++) {
            double[] mean = new double[3 * grid * grid];
            for (int i = 0; i < 100; i++) {
                double[] x = blocks(set.draw(c, i, 16), grid);
                for (int k = 0; k < x.length; k++) {
                    mean[k] += x[k] / 100;
                }
            }
            means.add(mean);
        }
        int correct = 0;
        for (int c = 0; c < classes; c++) {
            for (int i = 0; i < 100; i++) {
                double[] x = blocks(set.draw(c, 1000 + i, 16), grid);
                int best = IntStream.range(0, classes).boxed()
                        .min((a, b) -> Double.compare(distance(x, means.get(a)), distance(x, means.get(b)))).orElseThrow();
                correct += best == c ? 1 : 0;
            }
        }
        return correct / (100.0 * classes);
    }

    private static int[] pixels(BufferedImage drawn) {
        return drawn.getRGB(0, 0, drawn.getWidth(), drawn.getHeight(), null, 0, drawn.getWidth());
    }

    /** Mean red, green and blue, in [0, 1], in each block of a square grid. */
    private static double[] blocks(BufferedImage drawn, int grid) {
        int size = drawn.getWidth();
        int block = size / grid;
        double[] means = new double[3 * grid * grid];
        for (int y = 0; y < block * grid; y++) {
            for (int x = 0; x < block * grid; x++) {
                int rgb = drawn.getRGB(x, y);
                int at = 3 * (y / block * grid + x / block);
                for (int channel = 0; channel < 3; channel++) {
                    means[at + channel] += (rgb >> 16 - 8 * channel & 255) / (255.0 * block * block);
                }
            }
        }
        return means;
    }

    private static double distance(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(k -> (a[k] - b[k]) * (a[k] - b[k])).sum();
    }
}
