package thaw.engine.optim;

/** {@code base · gamma^⌊step / stepSize⌋} */
public record StepLR(int stepSize, double gamma) implements Schedule {

    /** @throws IllegalArgumentException if {@code stepSize} is less than 1 */
    public StepLR {
        if (stepSize < 1) {
            throw new IllegalArgumentException("StepLR: the step size must be at least 1, got " + stepSize);
        }
    }

    @Override
    public double lr(int step, double base) {
        return base * Math.pow(gamma, step / stepSize);
    }
}
