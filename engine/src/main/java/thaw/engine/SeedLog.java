package thaw.engine;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * The seeds that a checkpointed segment draws in its first pass. Its second pass draws the same ones, so that dropout
 * repeats its masks.
 */
public final class SeedLog {

    private long[] seeds = new long[4];
    private int count;

    /** One pass of a segment: the source of the seeds that it draws. */
    interface Pass {
        long draw(LongSupplier fresh);

        boolean isSecond();
    }

    /** The first pass: records its seeds, which the pass of an enclosing segment, if there is one, draws. */
    Pass first(Pass enclosing) {
        count = 0;
        return new Pass() {
            @Override
            public long draw(LongSupplier fresh) {
                if (count == seeds.length) {
                    seeds = Arrays.copyOf(seeds, 2 * count);
                }
                seeds[count] = enclosing == null ? fresh.getAsLong() : enclosing.draw(fresh);
                return seeds[count++];
            }

            @Override
            public boolean isSecond() {
                return enclosing != null && enclosing.isSecond();
            }
        };
    }

    /** The second pass: repeats the seeds. */
    Pass second() {
        return new Pass() {
            private int next;

            @Override
            public long draw(LongSupplier fresh) {
                if (next == count) {
                    throw new IllegalStateException("checkpoint: the second pass of a segment drew more random numbers than the"
                            + " first; a checkpointed module must do the same in both, and stay in train() or eval() between"
                            + " them");
                }
                return seeds[next++];
            }

            @Override
            public boolean isSecond() {
                return true;
            }
        };
    }
}
