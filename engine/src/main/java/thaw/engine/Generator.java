package thaw.engine;

import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import thaw.kernels.SplitMix64;

/**
 * A seeded random number generator: splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
 * generators"), whose whole state is one number, so that a run can be saved and resumed. Thread-safe; several threads
 * share one sequence.
 */
public final class Generator implements RandomGenerator {

    /** The odd number nearest to 2⁶⁴ divided by the golden ratio; the increment of the state. */
    private static final long GAMMA = 0x9e3779b97f4a7c15L;

    private final AtomicLong state;

    /** @param seed of the sequence; equal seeds give equal numbers */
    public Generator(long seed) {
        state = new AtomicLong(seed);
    }

    /** Restarts with the sequence of this seed. Returns this generator. */
    public Generator seed(long seed) {
        state.set(seed);
        return this;
    }

    /** The position in the sequence: {@code new Generator(state())} continues from here. */
    public long state() {
        return state.get();
    }

    /** Skips this many numbers of the sequence. */
    public void skip(long draws) {
        state.addAndGet(draws * GAMMA);
    }

    @Override
    public long nextLong() {
        return SplitMix64.hash(state.getAndAdd(GAMMA));
    }
}
