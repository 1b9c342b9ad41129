package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class NoveltyTest {

    @Test
    void byHand() {
        Novelty novelty = new Novelty(new double[] {0.5, 0.9, 1.2, 0.7}, new double[] {0.9, 1.5});
        assertEquals(0.75, novelty.kept());
        assertEquals(0.5, novelty.recognised());
        // Of eight pairs the other image is the more novel one in 2 and in 4, and equal in 1.
        assertEquals(6.5 / 8, novelty.auroc(), 1e-12);
        assertArrayEquals(new double[] {0, 0, 0.25, 0.5, 0.75, 1}, novelty.roc()[0], 1e-12);
        assertArrayEquals(new double[] {0, 0.5, 0.5, 1, 1, 1}, novelty.roc()[1], 1e-12);
    }

    /** The area for two normal distributions at a distance of d is Φ(d/√2): 0.9214 for 2; that under the curve's points is the same. */
    @Test
    void theAreaOfNormalDistributions() {
        Random random = new Random(1);
        double[] known = DoubleStream.generate(random::nextGaussian).limit(3_000).toArray();
        double[] others = DoubleStream.generate(() -> 2 + random.nextGaussian()).limit(3_000).toArray();
        Novelty novelty = new Novelty(known, others);
        assertEquals(0.9214, novelty.auroc(), 0.012);
        double[][] roc = novelty.roc();
        double area = 0;
        for (int i = 1; i < roc[0].length; i++) {
            area += (roc[0][i] - roc[0][i - 1]) * (roc[1][i] + roc[1][i - 1]) / 2;
        }
        assertEquals(novelty.auroc(), area, 1e-9);
        assertEquals(1, roc[0][roc[0].length - 1]);
    }

    @Test
    void withoutOthersNothingIsTold() {
        Novelty novelty = new Novelty(new double[] {0.5, 2}, new double[0]);
        assertEquals(0.5, novelty.kept());
        assertTrue(Double.isNaN(novelty.recognised()) && Double.isNaN(novelty.auroc()));
    }
}
