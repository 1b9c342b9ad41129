package thaw.engine.optim;

/**
 * fastai's {@code fit_flat_cos}: the group's own rate for a part of the steps, then half a cosine down to a fraction of
 * it.
 *
 * @param totalSteps the steps of both parts
 * @param pctStart   the fraction of the steps at the full rate, 0 to 1
 * @param divFinal   the full rate divided by the final rate
 */
public record FlatCosine(int totalSteps, double pctStart, double divFinal) implements Schedule {

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public FlatCosine {
        if (totalSteps < 1 || !(pctStart >= 0 && pctStart <= 1) || !(divFinal > 0)) {
            throw new IllegalArgumentException("FlatCosine: needs at least one step, pctStart between 0 and 1 and divFinal above"
                    + " 0, got " + totalSteps + ", " + pctStart + " and " + divFinal);
        }
    }

    /** fastai's defaults: 75 % flat, a final rate of 10⁻⁵ times the full one. */
    public FlatCosine(int totalSteps) {
        this(totalSteps, 0.75, 1e5);
    }

    @Override
    public double lr(int step, double base) {
        double position = (double) step / totalSteps;
        return position < pctStart || pctStart == 1 ? base
                : Anneal.COSINE.between(base, base / divFinal, Math.min(1, (position - pctStart) / (1 - pctStart)));
    }
}
