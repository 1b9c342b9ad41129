package thaw.engine.optim;

/**
 * A linear warm-up from a fraction of the group's own rate to the full rate (Goyal et al. 2017, section 2.2), followed by
 * another schedule from its own step 0. PyTorch: {@code LinearLR}, then the other, in a {@code SequentialLR}.
 *
 * @param steps       the steps during which the rate rises
 * @param startFactor the rate at step 0 divided by the full rate, 0 to 1
 */
public record Warmup(int steps, double startFactor, Schedule then) implements Schedule {

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public Warmup {
        if (steps < 0 || !(startFactor >= 0 && startFactor <= 1)) {
            throw new IllegalArgumentException("Warmup: needs at least 0 steps and a startFactor between 0 and 1, got " + steps
                    + " and " + startFactor);
        }
    }

    @Override
    public double lr(int step, double base) {
        return step >= steps ? then.lr(step - steps, base)
                : Anneal.LINEAR.between(startFactor * base, base, (double) step / steps);
    }

    @Override
    public double momentum(int step, double base) {
        return then.momentum(Math.max(0, step - steps), base);
    }

    @Override
    public int totalSteps() {
        int rest = then.totalSteps();
        return rest == Integer.MAX_VALUE ? rest : Math.addExact(steps, rest);
    }
}
