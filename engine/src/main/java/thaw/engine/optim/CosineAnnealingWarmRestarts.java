package thaw.engine.optim;

/**
 * Cosine annealing that restarts from the full rate after {@code t0} steps, and then after {@code tMult} times as many
 * steps each time (Loshchilov and Hutter 2017, "SGDR", equation 5).
 */
public record CosineAnnealingWarmRestarts(int t0, int tMult, double etaMin) implements Schedule {

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public CosineAnnealingWarmRestarts {
        if (t0 < 1 || tMult < 1) {
            throw new IllegalArgumentException("CosineAnnealingWarmRestarts: t0 and tMult must be at least 1, got " + t0
                    + " and " + tMult);
        }
    }

    @Override
    public double lr(int step, double base) {
        long length = t0;
        long since = step;
        if (tMult == 1) {
            since %= t0;
        }
        while (since >= length) {
            since -= length;
            length *= tMult;
        }
        return Anneal.COSINE.between(base, etaMin, (double) since / length);
    }
}
