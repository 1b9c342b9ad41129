package thaw.engine.optim;

/** Every group keeps the rate that it has. */
public record Constant() implements Schedule {

    @Override
    public double lr(int step, double base) {
        return base;
    }
}
