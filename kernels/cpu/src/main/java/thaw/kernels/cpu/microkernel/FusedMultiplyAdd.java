package thaw.kernels.cpu.microkernel;

/** {@link Math#fma(float, float, float)}, which vectors compute too, so that scalar code gives their bits. */
public final class FusedMultiplyAdd {

    /** A call's time without an instruction for it is at least this long, even compiled; with one it is a tenth, even interpreted. */
    private static final long SLOW_NANOS = 3000;

    /**
     * Whether the processor has the instruction, as all have had since 2013. Otherwise Java computes in {@code BigDecimal}, which takes
     * 0.2 ms until it is compiled. Results then differ in the last bits, but no vectors are used either.
     */
    public static final boolean IS_FAST = isFast();

    private FusedMultiplyAdd() {
    }

    private static boolean isFast() {
        long least = Long.MAX_VALUE;
        float sum = 1;
        for (int i = 0; i < 5; i++) {
            long began = System.nanoTime();
            sum = Math.fma(sum, 0.7f, 0.3f);
            least = Math.min(least, System.nanoTime() - began);
        }
        return least < SLOW_NANOS && sum > 0;
    }

    /** {@code a·b + c}, rounded once. */
    public static float fma(float a, float b, float c) {
        return IS_FAST ? Math.fma(a, b, c) : a * b + c;
    }
}
