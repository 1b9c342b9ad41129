package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SamplerTest {
    @Test
    void balancedDrawsClassesEquallyOften() {
        List<Sample> samples = samples(70, 20, 10);
        int[] favors = new int[3];
        Set<Integer> ofLarge = new HashSet<>();
        for (int seed = 0; seed < 60; seed++) {
            Sampler.Order order = Sampler.Order.balanced(samples, new SplittableRandom(seed));
            assertEquals(100, order.indices().length);
            int[] counts = new int[3];
            int[] times = new int[100];
            Set<List<Integer>> drawn = new HashSet<>();
            for (int i = 0; i < 100; i++) {
                int index = order.indices()[i];
                counts[samples.get(index).label()]++;
                times[index]++;
                assertTrue(drawn.add(List.of(index, order.turns()[i])), "each turn once");
                if (index < 70) {
                    ofLarge.add(index);
                }
            }
            for (int k = 0; k < 3; k++) {
                assertTrue(counts[k] == 33 || counts[k] == 34);
                favors[k] += counts[k] - 33;
            }
            for (int i = 0; i < 100; i++) {
                int least = new int[] {0, 1, 3}[samples.get(i).label()];
                assertTrue(times[i] == least || times[i] == least + 1, "taking turns: " + times[i]);
            }
        }
        assertEquals(70, ofLarge.size(), "all of the large class in the end");
        for (int favor : favors) {
            assertEquals(20, favor, 15);
        }
    }

    @Test
    void balancedOfBalancedVisitsEachOnce() {
        Sampler.Order order = Sampler.Order.balanced(samples(5, 5), new SplittableRandom(1));
        assertEquals(10, Arrays.stream(order.indices()).distinct().count());
        assertArrayEquals(new int[10], order.turns());
    }

    private static List<Sample> samples(int... counts) {
        List<Sample> samples = new ArrayList<>();
        for (int label = 0; label < counts.length; label++) {
            for (int i = 0; i < counts[label]; i++) {
                samples.add(new Sample(Path.of(label + "-" + i), label));
            }
        }
        return samples;
    }
}
