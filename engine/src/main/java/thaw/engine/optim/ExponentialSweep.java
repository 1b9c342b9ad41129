package thaw.engine.optim;

/**
 * An exponential sweep from {@code start} times the group's own rate to {@code end} times it,
 * {@code start · (end/start)^(step/steps)}, for learning-rate finders (Smith 2017, "Cyclical learning rates", section
 * 3.3).
 */
public record ExponentialSweep(double start, double end, int steps) implements Schedule {

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public ExponentialSweep {
        if (!(start > 0 && end > 0 && Double.isFinite(end)) || steps < 1) {
            throw new IllegalArgumentException("ExponentialSweep: needs factors above 0 and at least one step, got " + start
                    + " to " + end + " in " + steps + " steps");
        }
    }

    @Override
    public double lr(int step, double base) {
        return base * start * Math.pow(end / start, (double) step / steps);
    }
}
