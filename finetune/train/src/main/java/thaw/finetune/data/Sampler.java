package thaw.finetune.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The order of the samples in a training epoch, PyTorch's {@code Sampler}. The result depends only on the arguments, so that an
 * epoch can be repeated and continued from its middle.
 */
@FunctionalInterface
public interface Sampler {
    /** Every sample once, in random order. */
    Sampler SHUFFLED = (epoch, samples, random) -> Order.once(RandomStream.permutation(samples.size(), random));

    /** Equally many samples of each class, see {@link LoaderOptions#balanced(boolean)}. */
    Sampler BALANCED = (epoch, samples, random) -> Order.balanced(samples, random);

    /**
     * Draws the order of one epoch, of {@link #length} entries.
     *
     * @param epoch   the number of the epoch, from 0
     * @param samples the samples of the data set, which have one class each for {@link #BALANCED}
     * @param random  a stream of the seed and the epoch, the only source of randomness
     */
    Order order(int epoch, List<Sample> samples, SplittableRandom random);

    /**
     * The number of entries of an epoch; by default the number of samples.
     *
     * @param samples the number of samples of the data set
     */
    default int length(int samples) {
        return samples;
    }

    /**
     * The order of the samples in an epoch. A repeated sample is augmented differently at each of its turns.
     *
     * @param indices the samples' indices
     * @param turns   for each entry, the number of earlier draws of the same sample in the epoch
     */
    record Order(int[] indices, int[] turns) {
        /** @throws IllegalArgumentException if the lengths differ */
        public Order {
            if (indices.length != turns.length) {
                throw new IllegalArgumentException("expected as many turns as indices, got " + turns.length + " and "
                        + indices.length);
            }
        }

        /** An order in which repeated samples take turns as they occur. */
        public static Order of(int... indices) {
            Map<Integer, Integer> seen = new HashMap<>();
            return new Order(indices.clone(), IntStream.of(indices).map(i -> seen.merge(i, 1, Integer::sum) - 1).toArray());
        }

        /** An order of different samples. */
        static Order once(int[] indices) {
            return new Order(indices, new int[indices.length]);
        }

        /**
         * An order with equal numbers of each class, up to one, and as many entries as there are samples: each sample is drawn
         * with a probability inverse to its class's frequency. The samples of a small class repeat, and those of a large class
         * are a different subset in every epoch.
         */
        static Order balanced(List<Sample> samples, SplittableRandom random) {
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
            return new Order(IntStream.of(order).map(i -> drawn[i]).toArray(), IntStream.of(order).map(i -> turns[i]).toArray());
        }
    }
}
