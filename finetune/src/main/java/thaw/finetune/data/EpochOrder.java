package thaw.finetune.data;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * In which order an epoch goes through the samples.
 *
 * @param indices of samples
 * @param turns   which of its turns in the epoch it is, from 0
 */
record EpochOrder(int[] indices, int[] turns) {

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
     * As many of one class as of any other, up to one, and as many in all as there are samples: each is drawn with a probability
     * inverse to its class's frequency. A class's samples take turns, so those of a small class come several times, and of a
     * large one another part in every epoch.
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
