package thaw.engine.optim;

/** A constant schedule: every group keeps its learning rate. */
public record Constant() implements Schedule {

    @Override
    public double lr(int step, double base) {
        return base;
    }
}
