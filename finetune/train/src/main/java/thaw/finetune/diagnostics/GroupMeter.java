package thaw.finetune.diagnostics;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.GradientClipping;
import thaw.resnet.LayerGroup;

/**
 * Measures gradient norms, update ratios and learning rates of layer groups in an epoch's steps. The measured steps are spread
 * evenly over the epoch, because a schedule changes the rate within it. A measured step costs a copy of the weights that have
 * gradients and a few sums; other steps cost nothing. Not thread-safe.
 */
public final class GroupMeter {

    /** The least number of measured steps in an epoch; a shorter epoch is measured at each step. */
    private static final int LEAST = 10;

    private final Device device;
    private final int everySteps;
    private final Map<String, Sums> sums = new LinkedHashMap<>();
    private final Map<Tensor, Tensor> before = new IdentityHashMap<>();
    private int stride;
    private int steps;

    /** Sums over the measured steps. */
    private static final class Sums {
        private double gradNorm;
        private double updateRatio;
        private double rate;
        private int count;
    }

    /** @param everySteps one of this many steps is measured; 0 for none. See {@link DiagnosticsOptions#everySteps} */
    public GroupMeter(Device device, int everySteps) {
        this.device = device;
        this.everySteps = everySteps;
        this.stride = everySteps;
    }

    /**
     * Sets the number of steps of the epochs from now on: in a short epoch more steps are measured, at least {@value #LEAST} or
     * all.
     */
    public void stepsPerEpoch(int count) {
        stride = everySteps == 0 ? 0 : Math.max(1, Math.min(everySteps, count / LEAST));
    }

    /**
     * To be called between backward and the optimizer's step, before gradients are clipped.
     *
     * @param rates the learning rate of each group in this step
     */
    public void beforeStep(List<LayerGroup> groups, List<Double> rates) {
        // The middle one of each run of steps, so that neither end of the schedule has more weight.
        boolean looks = stride > 0 && steps % stride == stride / 2;
        steps++;
        if (!looks) {
            return;
        }
        for (int i = 0; i < groups.size(); i++) {
            List<Tensor> moving = groups.get(i).parameters().stream().filter(p -> p.grad() != null).toList();
            if (!moving.isEmpty()) {
                Sums s = sums.computeIfAbsent(groups.get(i).name(), name -> new Sums());
                s.gradNorm += GradientClipping.gradNorm(moving);
                s.rate += rates.get(i);
                moving.forEach(p -> before.put(p, copy(p)));
            }
        }
    }

    private Tensor copy(Tensor p) {
        return device.wrap(device.backend().copy(p.array())).unscoped();
    }

    /** To be called after the optimizer's step. */
    public void afterStep(List<LayerGroup> groups) {
        if (before.isEmpty()) {
            return;
        }
        for (LayerGroup group : groups) {
            List<Tensor> moved = group.parameters().stream().filter(before::containsKey).toList();
            if (!moved.isEmpty()) {
                Sums s = sums.get(group.name());
                s.updateRatio += norm(moved, before) / norm(moved.stream().map(before::get).toList(), Map.of());
                s.count++;
            }
        }
        forgetWeights();
    }

    private void forgetWeights() {
        before.values().forEach(Tensor::close);
        before.clear();
    }

    /**
     * The Euclidean norm of tensors as one vector.
     *
     * @param from tensors to subtract from them, by tensor; those without an entry stay as they are
     */
    static double norm(List<Tensor> tensors, Map<Tensor, Tensor> from) {
        double sum = 0;
        for (Tensor t : tensors) {
            try (NoGrad off = t.device().noGrad(); Scope scope = t.device().scope()) {
                Tensor other = from.get(t);
                sum += (other == null ? t : t.sub(other)).square().sum().item();
            }
        }
        return Math.sqrt(sum);
    }

    /** The mean gradient norm of a group since {@link #reset}; NaN if it was not measured. */
    double gradNorm(String group) {
        return mean(group, s -> s.gradNorm);
    }

    /** The mean learning rate of a group in the measured steps; NaN if it was not measured. */
    double rate(String group) {
        return mean(group, s -> s.rate);
    }

    double updateRatio(String group) {
        return mean(group, s -> s.updateRatio);
    }

    private double mean(String group, ToDoubleFunction<Sums> sum) {
        Sums s = sums.get(group);
        return s == null ? Double.NaN : sum.applyAsDouble(s) / s.count;
    }

    /** Discards all measurements, for the next epoch. */
    public void reset() {
        forgetWeights();
        sums.clear();
        steps = 0;
    }

    /**
     * The measurements as numbers, for continuing after an interruption: by group the sums of gradient norms, update ratios
     * and learning rates and the number of measured steps, and by the empty string the number of all steps.
     */
    public Map<String, List<Double>> state() {
        Map<String, List<Double>> state = new LinkedHashMap<>();
        sums.forEach((group, s) -> state.put(group, List.of(s.gradNorm, s.updateRatio, (double) s.count, s.rate)));
        state.put("", new ArrayList<>(List.of((double) steps)));
        return state;
    }

    /** Restores the measurements from {@link #state}. */
    public void restore(Map<String, List<Double>> state) {
        reset();
        state.forEach((group, numbers) -> {
            if (group.isEmpty()) {
                steps = numbers.get(0).intValue();
            } else {
                Sums s = new Sums();
                s.gradNorm = numbers.get(0);
                s.updateRatio = numbers.get(1);
                s.count = numbers.get(2).intValue();
                s.rate = numbers.size() > 3 ? numbers.get(3) : Double.NaN;
                sums.put(group, s);
            }
        });
    }
}
