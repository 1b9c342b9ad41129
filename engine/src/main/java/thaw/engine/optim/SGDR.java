package thaw.engine.optim;

/**
 * Stochastic gradient descent with warm restarts (Loshchilov and Hutter 2017): cycles in which the rate falls from the
 * group's own to 0 along half a cosine, each {@code cycleMult} times as long as the previous one. Equivalent to fastai's
 * {@code fit_sgdr} and {@code cycle_len, cycle_mult}. Unlike {@link CosineAnnealingWarmRestarts} it has an end.
 *
 * @param cycles      the number of cycles
 * @param cycleLen    the steps of the first cycle
 * @param gentleSteps the number of initial steps at a hundredth of the rate, during which the cycle advances too; 0 in
 *     fastai 2, a twentieth of the first cycle in fastai 0.7
 */
public record SGDR(int cycles, int cycleLen, int cycleMult, int gentleSteps) implements Schedule {

    private static final double GENTLE = 1.0 / 100;
    private static final int GENTLE_PART = 20;

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public SGDR {
        if (cycles < 1 || cycleLen < 1 || cycleMult < 1 || gentleSteps < 0) {
            throw new IllegalArgumentException("SGDR: cycles, cycleLen and cycleMult must be at least 1 and gentleSteps at least"
                    + " 0, got " + cycles + ", " + cycleLen + ", " + cycleMult + " and " + gentleSteps);
        }
        length(cycles, cycleLen, cycleMult);
    }

    /** The schedule of fastai 2. */
    public SGDR(int cycles, int cycleLen, int cycleMult) {
        this(cycles, cycleLen, cycleMult, 0);
    }

    /** The schedule of fastai 0.7: for the first twentieth of the first cycle the rate is a hundredth. */
    public static SGDR fastai07(int cycles, int cycleLen, int cycleMult) {
        return new SGDR(cycles, cycleLen, cycleMult, (cycleLen + GENTLE_PART - 1) / GENTLE_PART);
    }

    /** The steps of all cycles, {@code cycleLen · (1 + cycleMult + cycleMult² + …)}: three cycles of 1, 2 and 4 epochs have 7. */
    public static int length(int cycles, int cycleLen, int cycleMult) {
        long sum = 0;
        long length = cycleLen;
        for (int i = 0; i < cycles; i++) {
            sum += length;
            length *= cycleMult;
            if (sum > Integer.MAX_VALUE || length > Integer.MAX_VALUE * 2L) {
                throw new IllegalArgumentException("SGDR: " + cycles + " cycles of " + cycleLen + ", each " + cycleMult
                        + " times as long as the previous one, are too many steps");
            }
        }
        return (int) sum;
    }

    @Override
    public double lr(int step, double base) {
        if (step < gentleSteps) {
            return base * GENTLE;
        }
        return step >= totalSteps() ? 0 : new CosineAnnealingWarmRestarts(cycleLen, cycleMult, 0).lr(step, base);
    }

    @Override
    public int totalSteps() {
        return length(cycles, cycleLen, cycleMult);
    }
}
