package thaw.engine;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * The seeds that a checkpointed segment drew in its first pass. Its second pass draws the same ones, so that dropout
 * repeats its masks.
 */
public final class Tape {

    private long[] seeds = new long[4];
    private int count;

    Head record(Head outer) {
        count = 0;
        return new Recorder(outer);
    }

    Head replay() {
        return new Player();
    }

    /** Writes or reads a tape. */
    interface Head {
        long draw(LongSupplier fresh);

        boolean isReplay();
    }

    /** Records seeds from outside, which may itself be another segment's tape. */
    private final class Recorder implements Head {
        private final Head outer;

        private Recorder(Head outer) {
            this.outer = outer;
        }

        @Override
        public long draw(LongSupplier fresh) {
            long seed = outer == null ? fresh.getAsLong() : outer.draw(fresh);
            if (count == seeds.length) {
                seeds = Arrays.copyOf(seeds, 2 * count);
            }
            seeds[count++] = seed;
            return seed;
        }

        @Override
        public boolean isReplay() {
            return outer != null && outer.isReplay();
        }
    }

    private final class Player implements Head {
        private int next;

        @Override
        public long draw(LongSupplier fresh) {
            if (next == count) {
                throw new IllegalStateException("checkpoint: the second pass of a segment drew more random numbers than the"
                        + " first; a checkpointed module must do the same in both, and stay in train() or eval() between them");
            }
            return seeds[next++];
        }

        @Override
        public boolean isReplay() {
            return true;
        }
    }
}
