package thaw.finetune.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The order of the samples in an epoch. A repeated sample is augmented differently at each of its turns.
 *
 * @param indices the samples' indices
 * @param turns   for each entry, the number of earlier occurrences of the same sample in the epoch
 */
public record EpochOrder(int[] indices, int[] turns) {
    /** @throws IllegalArgumentException if the lengths differ */
    public EpochOrder {
        if (indices.length != turns.length) {
            throw new IllegalArgumentException("expected as many turns as indices, got " + turns.length + " and "
                    + indices.length);
        }
    }

    /** An order in which repeated samples take turns as they occur. */
    public static EpochOrder of(int... indices) {
        Map<Integer, Integer> seen = new HashMap<>();
        return new EpochOrder(indices.clone(), IntStream.of(indices).map(i -> seen.merge(i, 1, Integer::sum) - 1).toArray());
    }

    static EpochOrder inOrder(int count) {
        return once(IntStream.range(0, count).toArray());
    }

    static EpochOrder shuffled(int count, SplittableRandom random) {
        return once(RandomStream.permutation(count, random));
    }

    private static EpochOrder once(int[] indices) {
        return new EpochOrder(indices, new int[indices.length]);
    }

    /**
     * An order with equal numbers of each class, up to one, and as many entries as there are samples: each sample is drawn with a
     * probability inverse to its class's frequency. The samples of a small class repeat, and those of a large class are a
     * different subset in every epoch.
     */
    static EpochOrder balanced(List<Sample> samples, SplittableRandom random) {
        TreeMap<Integer, List<Integer>> byClass = new TreeMap<>();
        for (int i = 0; i < samples.size(); i++) {
            byClass.computeIfAbsent(samples.get(i).label(), label -> new ArrayList<>()).add(i);
        }
        List<List<Integer>> classes = List.copyOf(byClass.values());
        int[] favored = RandomStream.permutation(classes.size(), random);
        int[] drawn = new int[samples.size()];
        int[] turns = new int[samples.size()];
        int next = 0;
        for (int k = 0; k < classes.size(); k++) {
            List<Integer> members = classes.get(favored[k]);
            int share = samples.size() / classes.size() + (k < samples.size() % classes.size() ? 1 : 0);
            int[] turn = {};
            for (int i = 0; i < share; i++) {
                if (i % members.size() == 0) {
                    turn = RandomStream.permutation(members.size(), random);
                }
                drawn[next] = members.get(turn[i % members.size()]);
                turns[next++] = i / members.size();
            }
        }
        int[] order = RandomStream.permutation(drawn.length, random);
        return new EpochOrder(IntStream.of(order).map(i -> drawn[i]).toArray(), IntStream.of(order).map(i -> turns[i]).toArray());
    }
}
