package thaw.engine;

import java.util.random.RandomGenerator;

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
        state += 0x9e3779b97f4a7c15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
