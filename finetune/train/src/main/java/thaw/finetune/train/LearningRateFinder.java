package thaw.finetune.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.TrainingModes;
import thaw.engine.optim.ExponentialSweep;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.RawBatch;
import thaw.finetune.diagnostics.GroupMeter;
import thaw.finetune.loss.LossFunction;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/**
 * Trains for some batches at increasing learning rates and records the loss (Smith 2017, "Cyclical learning rates",
 * section 3.3), like fastai's {@code lr_find}; afterwards all state is restored.
 */
final class LearningRateFinder {

    private static final double SMOOTHING = 0.98;
    private static final double DIVERGED = 4;

    private final Network net;
    private final BatchLoader loader;
    private final FrozenGroups freezing;
    private final FitSettings settings;
    private final LossFunction loss;
    private final int firstEpoch;

    /** @param firstEpoch the loader's number of the first epoch to use */
    LearningRateFinder(Network net, BatchLoader loader, FrozenGroups freezing, FitSettings settings, LossFunction loss,
            int firstEpoch) {
        this.net = net;
        this.loader = loader;
        this.freezing = freezing;
        this.settings = settings;
        this.loss = loss;
        this.firstEpoch = firstEpoch;
    }

    /** Sweeps all trainable groups at one rate. */
    LearningRateSweep sweep(SweepOptions options) {
        freezing.requireTrainable();
        return undone(() -> sweep("all", freezing.groups(), options));
    }

    /** Sweeps each trainable group separately, with all others frozen. */
    List<LearningRateSweep> sweepPerGroup(SweepOptions options) {
        freezing.requireTrainable();
        List<LearningRateSweep> sweeps = new ArrayList<>();
        List<LayerGroup> groups = freezing.groups();
        for (int i = freezing.first(); i < groups.size(); i++) {
            LayerGroup group = groups.get(i);
            sweeps.add(undone(() -> {
                groups.forEach(g -> g.requiresGrad(g == group));
                return sweep(group.name(), List.of(group), options);
            }));
        }
        return sweeps;
    }

    private LearningRateSweep undone(Supplier<LearningRateSweep> sweep) {
        Map<String, StoredTensor> before = net.stateDict();
        long random = net.device().generator().state();
        try (TrainingModes kept = new TrainingModes(net)) {
            freezing.trainingModes(settings.frozenBatchNorm());
            return sweep.get();
        } finally {
            net.zeroGrad();
            net.restore(before);
            net.device().generator().seed(random);
            freezing.requireGradients(settings.frozenBatchNorm());
        }
    }

    private LearningRateSweep sweep(String name, List<LayerGroup> groups, SweepOptions options) {
        List<Double> rates = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        ExponentialSweep schedule = new ExponentialSweep(options.start(), options.end(), options.iterations());
        double mean = 0;
        double lowest = Double.POSITIVE_INFINITY;
        int epoch = firstEpoch;
        Batches batches = loader.epoch(epoch);
        List<Double> none = Collections.nCopies(groups.size(), 0.0);
        try (Optimizer optimizer = settings.optimizer(groups, none)) {
            TrainingStep step = new TrainingStep(net, loss, optimizer, settings);
            GroupMeter meter = new GroupMeter(net.device(), 0);
            for (int i = 0; i < options.iterations(); i++) {
                if (!batches.hasNext()) {
                    batches.close();
                    epoch++;
                    batches = loader.epoch(epoch);
                }
                RawBatch raw = batches.next();
                double rate = schedule.lr(i, 1);
                for (ParamGroup group : optimizer.groups()) {
                    group.lr(rate);
                }
                double value;
                try (Tensor ofBatch = step.backward(raw, true, 1)) {
                    value = ofBatch.item();
                }
                if (!Double.isFinite(value) && i == 0) {
                    throw new DivergenceException("the loss is " + value + " in the first batch, "
                            + new FirstNonFinite(net, freezing.groups()).describeFirst(raw));
                }
                if (!Double.isFinite(value)) {
                    return new LearningRateSweep(name, rates, losses, options.iterations(), true);
                }
                step.update(meter, groups, null);
                mean = SMOOTHING * mean + (1 - SMOOTHING) * value;
                double smooth = mean / (1 - Math.pow(SMOOTHING, i + 1));
                rates.add(rate);
                losses.add(smooth);
                lowest = Math.min(lowest, smooth);
                if (options.stopDivergence() && smooth > DIVERGED * lowest) {
                    break;
                }
            }
            return new LearningRateSweep(name, rates, losses, options.iterations(), false);
        } finally {
            batches.close();
        }
    }
}
