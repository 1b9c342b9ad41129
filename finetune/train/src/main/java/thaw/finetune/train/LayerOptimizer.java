package thaw.finetune.train;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import thaw.engine.Tensor;
import thaw.engine.optim.AdamW;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.resnet.LayerGroup;

/**
 * An optimizer with one parameter group for each trainable layer group and, with {@link FrozenBatchNorm#TRAIN}, for the
 * batch norms of each frozen one.
 */
final class LayerOptimizer implements AutoCloseable {

    private final List<LayerGroup> groups;
    private final List<Double> rates;
    private final FitSettings settings;
    private final Optimizer optimizer;
    private int first;

    /**
     * @param first the index of the first trainable layer group
     * @param rates of all layer groups, frozen ones included
     */
    LayerOptimizer(List<LayerGroup> groups, int first, List<Double> rates, FitSettings settings) {
        this.groups = groups;
        this.rates = rates;
        this.settings = settings;
        this.first = first;
        List<ParamGroup> made = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            LayerGroup group = groups.get(i);
            if (i >= first) {
                made.add(paramGroup(i, group.name(), group.parameters()));
            } else if (settings.frozenBatchNorm() == FrozenBatchNorm.TRAIN && !group.batchNormParameters().isEmpty()) {
                made.add(paramGroup(i, group.name() + ", batch norm", group.batchNormParameters()));
            }
        }
        ParamGroup[] array = made.toArray(ParamGroup[]::new);
        optimizer = settings.optimizer() == OptimizerKind.SGD ? new SGD(array) : new AdamW(array);
    }

    private ParamGroup paramGroup(int i, String name, Collection<Tensor> parameters) {
        ParamGroup made = ParamGroup.group(name, parameters).lr(rates.get(i)).weightDecay(settings.weightDecay())
                .decayBiasAndNorm(settings.decayBiasAndNorm());
        return settings.optimizer() == OptimizerKind.SGD
                ? made.momentum(settings.momentum()).nesterov(settings.nesterov())
                : made.betas(settings.momentum(), settings.beta2()).eps(settings.eps());
    }

    Optimizer optimizer() {
        return optimizer;
    }

    /** Adds the last frozen group, with its own rate and without optimizer state. */
    void thaw() {
        first--;
        LayerGroup group = groups.get(first);
        Set<Tensor> there = Collections.newSetFromMap(new IdentityHashMap<>());
        there.addAll(optimizer.parameters());
        optimizer.addParamGroup(paramGroup(first, group.name(),
                group.parameters().stream().filter(p -> !there.contains(p)).toList()));
    }

    /** The current rates of all layer groups; 0 for frozen ones. */
    List<Double> learningRates() {
        List<Double> now = new ArrayList<>(Collections.nCopies(groups.size(), 0.0));
        for (int i = first; i < groups.size(); i++) {
            now.set(i, optimizer.group(groups.get(i).name()).lr());
        }
        return now;
    }

    @Override
    public void close() {
        optimizer.close();
    }
}
