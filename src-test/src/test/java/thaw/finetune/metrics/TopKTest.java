package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TopKTest {
    private final Predictions four = Given.single(new int[] {0, 1, 2, 2},
            new double[][] {{0.5, 0.2, 0.2}, {0.3, 0.4, 0.2}, {0.2, 0.4, 0.3}, {0.7, 0.2, 0.1}});

    /** Ranks 1, 1, 2 and 3: the example of scikit-learn's top_k_accuracy_score too. */
    @Test
    void byHand() {
        assertEquals(0.5, TopK.accuracy(four, 1));
        assertEquals(0.75, TopK.accuracy(four, 2));
        assertEquals(1, TopK.accuracy(four, 3));
        assertEquals(1, TopK.accuracy(four, 9));
        assertEquals(ConfusionMatrix.of(four).accuracy(), TopK.accuracy(four, 1));
        assertThrows(IllegalArgumentException.class, () -> TopK.accuracy(four, 0));
    }

    @Test
    void metricsHaveNames() {
        assertEquals(0.75, Metric.topK(2).of(four));
        assertEquals(0.5, Metric.ERROR_RATE.of(four));
        assertEquals("top_5_accuracy", Metric.single(6).get(2).name());
        for (Metric metric : Metric.single(6)) {
            assertTrue(Double.isFinite(metric.of(four)), metric.name());
        }
    }
}
