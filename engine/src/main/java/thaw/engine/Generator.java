package thaw.engine;

import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import thaw.kernels.SplitMix64;

/**
 * Random numbers that a seed repeats: splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
 * generators"), whose whole state is one number, so that a run can be saved and taken up again. Safe for use from several
 * threads, which then share one sequence.
 */
public final class Generator implements RandomGenerator {

    /** The odd number nearest to 2⁶⁴ divided by the golden ratio: the generator counts in steps of it. */
    private static final long GAMMA = 0x9e3779b97f4a7c15L;

    private final AtomicLong state;

    public Generator(long seed) {
        state = new AtomicLong(seed);
    }

    /** Starts the sequence of this seed. */
    public Generator seed(long seed) {
        state.set(seed);
        return this;
    }

    /** Where the sequence stands: {@code new Generator(state())} goes on from here. */
    public long state() {
        return state.get();
    }

    /** Goes on as if so many numbers had been drawn. */
    public void skip(long draws) {
        state.addAndGet(draws * GAMMA);
    }

    @Override
    public long nextLong() {
        return SplitMix64.hash(state.getAndAdd(GAMMA));
    }
}
