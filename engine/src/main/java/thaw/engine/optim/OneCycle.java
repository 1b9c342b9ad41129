package thaw.engine.optim;

/**
 * The one-cycle policy (Smith and Topin 2017, "Super-convergence"): the learning rate rises from a fraction of the group's
 * own rate to the full rate, then falls to almost 0; the momentum moves inversely.
 * <pre>
 * lr(t) = anneal(startFactor·lr, lr, t / peakStep)                               for t ≤ peakStep
 *         anneal(lr, endFactor·lr, (t − peakStep) / (endStep − peakStep))        after it
 * </pre>
 *
 * @param totalSteps   the steps of the whole cycle
 * @param peakStep     the step at which the rate is highest; may be fractional
 * @param endStep      the step at which the rate is lowest
 * @param startFactor  the rate at step 0 divided by the peak rate
 * @param endFactor    the rate at the end divided by the peak rate
 * @param peakMomentum the momentum at the peak of the rate
 * @param endMomentum  the momentum at both ends
 */
public record OneCycle(int totalSteps, double peakStep, double endStep, double startFactor, double endFactor, Anneal anneal,
        double peakMomentum, double endMomentum) implements Schedule {

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public OneCycle {
        if (totalSteps < 1 || peakStep > endStep) {
            throw new IllegalArgumentException("OneCycle: needs at least one step and a peak before the end, got " + totalSteps
                    + " steps with the peak at " + peakStep);
        }
    }

    /**
     * PyTorch's, with its defaults: rises for 30 % from 1/25 of the rate, ends at 1/25 · 10⁻⁴ of it; momentum 0.95, 0.85,
     * 0.95.
     */
    public static OneCycle of(int totalSteps) {
        return of(totalSteps, 0.3, Anneal.COSINE, 25, 1e4, 0.85, 0.95);
    }

    /**
     * PyTorch's {@code OneCycleLR}.
     *
     * @param pctStart       the fraction of the steps in which the rate rises
     * @param divFactor      the highest rate divided by the first
     * @param finalDivFactor the first rate divided by the last
     * @throws IllegalArgumentException if {@code pctStart} is not between 0 and 1
     */
    public static OneCycle of(int totalSteps, double pctStart, Anneal anneal, double divFactor, double finalDivFactor,
            double baseMomentum, double maxMomentum) {
        requireFraction(pctStart);
        return new OneCycle(totalSteps, pctStart * totalSteps - 1, totalSteps - 1, 1 / divFactor, 1 / divFactor / finalDivFactor,
                anneal, baseMomentum, maxMomentum);
    }

    /** fastai's {@code fit_one_cycle}: rises for 25 % from 1/25 of the rate, ends at 10⁻⁵ of it. */
    public static OneCycle fastai(int totalSteps) {
        return fastai(totalSteps, 0.25, 25, 1e5);
    }

    /**
     * fastai's {@code fit_one_cycle}.
     *
     * @param div      the highest rate divided by the first
     * @param divFinal the highest rate divided by the last
     * @throws IllegalArgumentException if {@code pctStart} is not between 0 and 1
     */
    public static OneCycle fastai(int totalSteps, double pctStart, double div, double divFinal) {
        requireFraction(pctStart);
        return new OneCycle(totalSteps, pctStart * totalSteps, totalSteps, 1 / div, 1 / divFinal, Anneal.COSINE, 0.85, 0.95);
    }

    /** The same cycle of rates with another momentum at the peak and at both ends. */
    public OneCycle momenta(double atPeak, double atEnds) {
        return new OneCycle(totalSteps, peakStep, endStep, startFactor, endFactor, anneal, atPeak, atEnds);
    }

    private static void requireFraction(double pctStart) {
        if (!(pctStart >= 0 && pctStart <= 1)) {
            throw new IllegalArgumentException("OneCycle: pctStart must be between 0 and 1, got " + pctStart);
        }
    }

    @Override
    public double lr(int step, double base) {
        return at(step, base * startFactor, base, base * endFactor);
    }

    @Override
    public double momentum(int step, double base) {
        return at(step, endMomentum, peakMomentum, endMomentum);
    }

    private double at(int step, double start, double peak, double end) {
        if (step <= peakStep && peakStep > 0) {
            return anneal.between(start, peak, step / peakStep);
        }
        double rest = endStep - peakStep;
        return anneal.between(peak, end, rest <= 0 ? 1 : Math.min(1, (step - peakStep) / rest));
    }
}
