package thaw.finetune.train;

/**
 * The options of the learning-rate finder.
 *
 * @param start          the first rate
 * @param end            the upper limit; the last rate is just below it
 * @param iterations     the number of batches; fewer than 6 are raised to 6, as in fastai
 * @param stopDivergence whether to stop when the smoothed loss exceeds four times its lowest value
 */
public record SweepOptions(double start, double end, int iterations, boolean stopDivergence) {

    private static final int FEWEST = 6;

    /** @throws IllegalArgumentException if {@code start} is not above 0, or {@code end} not above {@code start} and finite */
    public SweepOptions {
        if (!(start > 0 && end > start && Double.isFinite(end))) {
            throw new IllegalArgumentException("learning-rate finder: expected a start above 0 and a higher finite end,"
                    + " got " + start + " and " + end);
        }
        iterations = Math.max(FEWEST, iterations);
    }

    /** fastai's defaults: 1e-7 to 10 in 100 batches, stopping at divergence. */
    public static SweepOptions standard() {
        return new SweepOptions(1e-7, 10, 100, true);
    }
}
