package thaw.engine;

import java.util.random.RandomGenerator;
import thaw.kernels.SplitMix64;

/**
 * Random numbers that a seed repeats: splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
 * generators", figure 14), whose whole state is one number, so that a run can be saved and taken up again. Safe for
 * use from several threads, which then share one sequence.
 */
public final class Generator implements RandomGenerator {

    private long state;

    public Generator(long seed) {
        state = seed;
    }

    /** Starts the sequence of this seed. */
    public synchronized Generator seed(long seed) {
        state = seed;
        return this;
    }

    /** Where the sequence stands: {@code new Generator(state())} goes on from here. */
    public synchronized long state() {
        return state;
    }

    @Override
    public synchronized long nextLong() {
        long counter = state;
        state += 0x9e3779b97f4a7c15L;
        return SplitMix64.hash(counter);
    }
}
