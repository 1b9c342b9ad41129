package thaw.engine.optim;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Sets the options of an optimizer's groups by a {@link Schedule}: those of step 0 at once, the next at each
 * {@link #step()}, to be called after the optimizer's. A group that was added later starts from the values that it had when it is
 * first seen. The momentum is {@link AdamW}'s beta1.
 *
 * <p>Its whole state is the number of steps: a {@link Schedule} is a function of that.
 */
public final class Scheduler {

    private final Optimizer optimizer;
    private final Schedule schedule;
    private final Map<ParamGroup, Base> bases = new IdentityHashMap<>();
    private int step;

    private record Base(double lr, double momentum) {
    }

    /** Takes the groups' present learning rates and momenta as their base values. */
    public Scheduler(Optimizer optimizer, Schedule schedule) {
        this.optimizer = optimizer;
        this.schedule = schedule;
        apply();
    }

    /**
     * Goes on to the next step.
     *
     * @throws IllegalStateException if the schedule is at its end
     */
    public void step() {
        seek(step + 1);
    }

    /** How many steps have been taken. */
    public int stepCount() {
        return step;
    }

    /**
     * Goes to a step, as when a run is taken up again: make the optimizer and this as at first, load the optimizer's state,
     * then seek.
     *
     * @throws IllegalArgumentException if the step is below 0
     * @throws IllegalStateException    if the schedule ends before
     */
    public void seek(int step) {
        if (step < 0) {
            throw new IllegalArgumentException("scheduler: steps are counted from 0, got " + step);
        }
        if (step > schedule.totalSteps()) {
            throw new IllegalStateException("scheduler: tried to step " + step + " times, the schedule has "
                    + schedule.totalSteps() + " steps; give it as many as there are batches in all epochs together");
        }
        this.step = step;
        apply();
    }

    private void apply() {
        Option momentum = optimizer.momentumOption();
        for (ParamGroup g : optimizer.groups()) {
            Base base = bases.computeIfAbsent(g, k -> new Base(k.lr(), k.get(momentum)));
            g.lr(schedule.lr(step, base.lr));
            g.set(momentum, schedule.momentum(step, base.momentum));
        }
    }
}
