package thaw.finetune.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RandomErasingTest {
    private static final int SIZE = 32;
    private static final int PLANE = SIZE * SIZE;
    private static final float MARK = 99;

    /** One rectangle, the same in all channels, of at most 30 % but for rounding, filled with standard normal noise. */
    @Test
    void erasesRectanglesOfNoise() {
        double sum = 0;
        double squares = 0;
        long erased = 0;
        double shares = 0;
        int draws = 500;
        for (int seed = 0; seed < draws; seed++) {
            float[] chw = marked();
            RandomErasing.of(1).apply(chw, 7, SIZE, new SplittableRandom(seed));
            assertEquals(MARK, chw[6]);
            assertEquals(MARK, chw[chw.length - 1]);
            int top = SIZE;
            int bottom = -1;
            int left = SIZE;
            int right = -1;
            int count = 0;
            for (int i = 0; i < PLANE; i++) {
                boolean gone = chw[7 + i] != MARK;
                for (int c = 1; c < 3; c++) {
                    assertEquals(gone, chw[7 + c * PLANE + i] != MARK);
                }
                if (gone) {
                    count++;
                    top = Math.min(top, i / SIZE);
                    bottom = Math.max(bottom, i / SIZE);
                    left = Math.min(left, i % SIZE);
                    right = Math.max(right, i % SIZE);
                    sum += chw[7 + i];
                    squares += chw[7 + i] * chw[7 + i];
                }
            }
            if (count > 0) {
                assertEquals((bottom - top + 1) * (right - left + 1), count);
            }
            assertTrue(count <= 0.33 * PLANE, count + " pixels");
            erased += count;
            shares += (double) count / PLANE;
        }
        assertEquals(0, sum / erased, 0.02);
        assertEquals(1, squares / erased, 0.03);
        /* Uniform from 0 to 0.3; long rectangles that reach beyond the image lose a little. */
        assertEquals(0.14, shares / draws, 0.02);
    }

    @Test
    void probability() {
        int erased = 0;
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1000; i++) {
            float[] chw = marked();
            new RandomErasing(0.25, 0.1, 0.2, 0.5, 3).apply(chw, 7, SIZE, random);
            erased += Arrays.equals(chw, marked()) ? 0 : 1;
        }
        assertEquals(250, erased, 60);
    }

    private static float[] marked() {
        float[] chw = new float[3 * PLANE + 8];
        Arrays.fill(chw, MARK);
        return chw;
    }
}
