package thaw.finetune.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BatchMixTest {
    private static final int SIDE = 8;
    private static final int LENGTH = 3 * SIDE * SIDE;

    /**
     * max(λ, 1 - λ) of Beta(α, α): its mean is 1/2 + E|λ - 1/2|, and for α = 1, where λ is uniform, 3/4, with as many shares in
     * each tenth from 0.5 to 1.
     */
    @Test
    void mixupsShareIsTheLargerOfABetaVariateAndItsRest() {
        SplittableRandom random = new SplittableRandom(1);
        int[] tenths = new int[5];
        double sum = 0;
        int draws = 4000;
        for (int i = 0; i < draws; i++) {
            float[] targets = {1, 0, 0, 1};
            new Mixup(1).apply(new float[2 * LENGTH], targets, SIDE, new int[] {1, 0}, random);
            float share = targets[0];
            assertTrue(share >= 0.5 && share <= 1);
            assertEquals(1, targets[0] + targets[1], 1e-6);
            sum += share;
            tenths[Math.min(4, (int) ((share - 0.5) * 10))]++;
        }
        assertEquals(0.75, sum / draws, 0.01);
        for (int count : tenths) {
            assertEquals(draws / 5.0, count, 120);
        }
    }

    /** Worked out row by row from copies, over permutations with fixed points and long cycles. */
    @Test
    void mixupIsTheStatedMixture() {
        int[] order = {2, 1, 4, 0, 3};
        float[] images = noise(5 * LENGTH);
        float[] before = images.clone();
        float[] targets = identity(5);
        new Mixup(0.4).apply(images, targets, SIDE, order, new SplittableRandom(2));
        for (int i = 0; i < 5; i++) {
            float share = targets[5 * i + i];
            if (order[i] != i) {
                assertEquals(1 - share, targets[5 * i + order[i]], 1e-6);
            }
            for (int k = 0; k < LENGTH; k++) {
                float own = before[i * LENGTH + k];
                float other = before[order[i] * LENGTH + k];
                double expected = order[i] == i ? own : share * own + (1 - share) * other;
                assertEquals(expected, images[i * LENGTH + k], 1e-5);
            }
        }
    }

    /** Every pixel is its own image's or the other's at the same place; the others fill a rectangle of the target's share. */
    @Test
    void cutMixReplacesOneRectangle() {
        int[] order = {1, 2, 0};
        double shares = 0;
        for (int seed = 0; seed < 500; seed++) {
            float[] images = new float[3 * LENGTH];
            for (int i = 0; i < images.length; i++) {
                images[i] = i / LENGTH;
            }
            float[] targets = identity(3);
            new CutMix(1).apply(images, targets, SIDE, order, new SplittableRandom(seed));
            int top = SIDE;
            int bottom = -1;
            int left = SIDE;
            int right = -1;
            int replaced = 0;
            for (int p = 0; p < SIDE * SIDE; p++) {
                if (images[p] == 1) {
                    replaced++;
                    top = Math.min(top, p / SIDE);
                    bottom = Math.max(bottom, p / SIDE);
                    left = Math.min(left, p % SIDE);
                    right = Math.max(right, p % SIDE);
                }
                for (int i = 0; i < 3; i++) {
                    for (int c = 0; c < 3; c++) {
                        assertEquals(images[p] == 1 ? order[i] : i, images[i * LENGTH + c * SIDE * SIDE + p]);
                    }
                }
            }
            if (replaced > 0) {
                assertEquals((bottom - top + 1) * (right - left + 1), replaced);
            }
            double share = (double) replaced / (SIDE * SIDE);
            assertArrayEquals(new float[] {(float) (1 - share), (float) share, 0}, Arrays.copyOf(targets, 3), 1e-6f);
            shares += share;
        }
        /* The square's area is uniform; what reaches beyond the image is cut off, and sides are rounded to even ones. */
        assertTrue(shares / 500 > 0.15 && shares / 500 < 0.5, "mean share " + shares / 500);
    }

    @Test
    void settingsAreData() throws Exception {
        ObjectMapper json = new ObjectMapper();
        assertEquals("{\"type\":\"CutMix\",\"alpha\":1.0}", json.writeValueAsString(new CutMix(1)));
        assertEquals(new Mixup(0.4), json.readValue(json.writeValueAsString(new Mixup(0.4)), BatchMix.class));
    }

    @Test
    void senselessSettingsAreNamed() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new Mixup(0)).getMessage().contains("Mixup alpha"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new CutMix(Double.NaN)).getMessage().contains("CutMix"));
    }

    private static float[] identity(int n) {
        float[] rows = new float[n * n];
        for (int i = 0; i < n; i++) {
            rows[i * n + i] = 1;
        }
        return rows;
    }

    private static float[] noise(int count) {
        SplittableRandom random = new SplittableRandom(3);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble();
        }
        return values;
    }
}
