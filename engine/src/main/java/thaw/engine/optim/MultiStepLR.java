package thaw.engine.optim;

import java.util.List;

/** {@code base · gamma^k} after the {@code k}-th milestone. */
public record MultiStepLR(List<Integer> milestones, double gamma) implements Schedule {

    /** Copies the list. */
    public MultiStepLR {
        milestones = List.copyOf(milestones);
    }

    @Override
    public double lr(int step, double base) {
        return base * Math.pow(gamma, milestones.stream().filter(m -> m <= step).count());
    }
}
