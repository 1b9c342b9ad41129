package thaw.engine.optim;

/**
 * {@code etaMin + (base − etaMin) · (1 + cos(π·step / tMax)) / 2} (Loshchilov and Hutter 2017, "SGDR", without the
 * restarts): falls to {@code etaMin} at step {@code tMax}, and rises again after it.
 */
public record CosineAnnealing(int tMax, double etaMin) implements Schedule {

    /** @throws IllegalArgumentException if {@code tMax} is less than 1 */
    public CosineAnnealing {
        if (tMax < 1) {
            throw new IllegalArgumentException("CosineAnnealing: tMax must be at least 1, got " + tMax);
        }
    }

    /** Ends at 0. */
    public CosineAnnealing(int tMax) {
        this(tMax, 0);
    }

    @Override
    public double lr(int step, double base) {
        return Anneal.COSINE.between(base, etaMin, (double) step / tMax);
    }
}
