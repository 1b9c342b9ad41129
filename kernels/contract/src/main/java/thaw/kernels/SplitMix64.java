package thaw.kernels;

/**
 * The output function of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators") as a
 * hash of a counter: random numbers that any thread or device computes from their index alone.
 */
public final class SplitMix64 {

    private SplitMix64() {
    }

    /** Equals the first {@code nextLong()} of {@code new java.util.SplittableRandom(z)}. */
    public static long hash(long z) {
        z += 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** The top 24 bits of the hash as a fraction in {@code [0, 1)}, which a float holds exactly. */
    public static float fraction(long z) {
        return (hash(z) >>> 40) * 0x1p-24f;
    }
}
