package thaw.engine.optim;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Sets the options of an optimizer's groups by a {@link Schedule}: those of step 0 at once, the next at each
 * {@link #step()}, which is to be called after the optimizer's. A group that is added later starts from the values that it
 * has when it is first seen. The momentum is {@link ParamGroup#momentumOption}, if the
 * optimizer has that option. Not thread-safe.
 *
 * <p>Its whole state is the number of steps, since a {@link Schedule} is a function of the step.
 */
public final class Scheduler {

    private final Optimizer optimizer;
    private final Schedule schedule;
    private final Map<ParamGroup, Base> bases = new IdentityHashMap<>();
    private int step;

    private record Base(double lr, double momentum) {
    }

    /** Uses the groups' present learning rates and momenta as their base values. */
    public Scheduler(Optimizer optimizer, Schedule schedule) {
        this.optimizer = optimizer;
        this.schedule = schedule;
        apply();
    }

    /**
     * Advances to the next step.
     *
     * @throws IllegalStateException if the schedule is at its end
     */
    public void step() {
        seek(step + 1);
    }

    /** The number of steps taken. */
    public int stepCount() {
        return step;
    }

    /**
     * Moves to a step, to resume a run: create the optimizer and this scheduler as at first, load the optimizer's state,
     * then seek.
     *
     * @throws IllegalArgumentException if the step is below 0
     * @throws IllegalStateException if the schedule has fewer steps
     */
    public void seek(int step) {
        if (step < 0) {
            throw new IllegalArgumentException("scheduler: steps are counted from 0, got " + step);
        }
        if (step > schedule.totalSteps()) {
            throw new IllegalStateException("scheduler: tried to step " + step + " times, the schedule has "
                    + schedule.totalSteps() + " steps; create it with the number of batches in all epochs together");
        }
        this.step = step;
        apply();
    }

    private void apply() {
        for (ParamGroup g : optimizer.groups()) {
            String momentum = g.momentumOption();
            Base base = bases.computeIfAbsent(g, k -> new Base(k.lr(), k.has(momentum) ? k.get(momentum) : 0));
            g.lr(schedule.lr(step, base.lr));
            if (g.has(momentum)) {
                g.set(momentum, schedule.momentum(step, base.momentum));
            }
        }
    }
}
