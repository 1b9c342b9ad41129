package thaw.finetune.data;

import java.util.SplittableRandom;

/**
 * Independent random numbers for everything that is drawn. A stream depends on what it is for and on nothing else, so work may be
 * spread over threads in any way without a change in a single bit.
 */
final class RandomStream {
    private RandomStream() {
    }

    /** The stream of a seed and, say, an epoch and an index: each key is mixed in by a step of the generator's own hash. */
    static SplittableRandom of(long seed, long... keys) {
        long state = new SplittableRandom(seed).nextLong();
        for (long key : keys) {
            state = new SplittableRandom(state + key).nextLong();
        }
        return new SplittableRandom(state);
    }

    /** A permutation of 0 to {@code count - 1}, by Fisher and Yates. */
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
