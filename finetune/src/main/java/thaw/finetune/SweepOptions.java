package thaw.finetune;

/**
 * How to look for a learning rate.
 *
 * @param start          the first rate
 * @param end            the rate that the last one falls just short of
 * @param iterations     batches; at least 6, as fastai has it
 * @param stopDivergence whether to stop when the smoothed loss is above four times its lowest
 */
public record SweepOptions(double start, double end, int iterations, boolean stopDivergence) {

    private static final int FEWEST = 6;

    public SweepOptions {
        if (!(start > 0 && end > start && Double.isFinite(end))) {
            throw new IllegalArgumentException("learning-rate finder: expected rates from above 0 to a higher one, got " + start
                    + " and " + end);
        }
        iterations = Math.max(FEWEST, iterations);
    }

    /** fastai's: 1e-7 to 10 in 100 batches, with a stop. */
    public static SweepOptions standard() {
        return new SweepOptions(1e-7, 10, 100, true);
    }
}
