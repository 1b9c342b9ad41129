package thaw.finetune.data;

import java.util.SplittableRandom;

/**
 * Independent streams of random numbers. A stream depends only on its seed and keys, so the result is bit-identical for any
 * distribution of work over threads.
 */
final class RandomStream {
    private RandomStream() {
    }

    /** The stream of a seed and keys, such as an epoch and an index; each key is mixed in by a step of the generator's hash. */
    static SplittableRandom of(long seed, long... keys) {
        long state = new SplittableRandom(seed).nextLong();
        for (long key : keys) {
            state = new SplittableRandom(state + key).nextLong();
        }
        return new SplittableRandom(state);
    }

    /** A uniform random permutation of 0 to {@code count - 1}, by the Fisher–Yates shuffle. */
    static int[] permutation(int count, SplittableRandom random) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
