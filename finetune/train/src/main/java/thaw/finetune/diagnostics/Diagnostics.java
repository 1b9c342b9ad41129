package thaw.finetune.diagnostics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import thaw.engine.Tensor;
import thaw.finetune.data.BatchLoader;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/** Measures a network's layer groups in training, relative to its weights at construction. Not thread-safe. */
public final class Diagnostics implements AutoCloseable {

    private final Network net;
    private final DiagnosticsOptions options;
    private final GroupMeter meter;
    private final Map<Tensor, Tensor> atFirst = new IdentityHashMap<>();
    private @Nullable FeatureDrift drift;

    /** Keeps a copy of the network's current weights as the beginning, unless everything is off. */
    public Diagnostics(Network net, DiagnosticsOptions options) {
        this.net = net;
        this.options = options;
        this.meter = new GroupMeter(net.device(), options.everySteps());
        if (!options.isOff()) {
            net.parameters().forEach(p -> atFirst.put(p, net.device().wrap(net.device().backend().copy(p.array())).unscoped()));
        }
    }

    /** The meter of steps; to be called around each optimizer step. */
    public GroupMeter meter() {
        return meter;
    }

    /**
     * Keeps the present outputs of the groups for images of the loader's first batch, from which {@link #epoch} measures drift;
     * does nothing without {@link DiagnosticsOptions#probeImages}.
     */
    public void probe(List<LayerGroup> groups, BatchLoader loader) {
        if (options.probeImages() > 0) {
            drift(FeatureDrift.of(net, groups, loader, options.probeImages()));
        }
    }

    void drift(FeatureDrift probe) {
        drift = probe;
    }

    /**
     * The measurements since the last call, which are then reset; empty if everything is off.
     *
     * @param rates learning rate of each group in the last step
     */
    public List<GroupActivity> epoch(List<LayerGroup> groups, List<Double> rates) {
        if (options.isOff()) {
            return List.of();
        }
        Map<String, Double> similarity = drift == null ? Map.of() : drift.similarity(groups);
        List<GroupActivity> found = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            String name = groups.get(i).name();
            List<Tensor> parameters = groups.get(i).parameters();
            boolean known = !parameters.isEmpty() && parameters.stream().allMatch(atFirst::containsKey);
            double distance = known ? GroupMeter.norm(parameters, atFirst) : Double.NaN;
            double size = known ? GroupMeter.norm(parameters.stream().map(atFirst::get).toList(), Map.of()) : Double.NaN;
            double rate = Double.isNaN(meter.rate(name)) ? rates.get(i) : meter.rate(name);
            found.add(new GroupActivity(name, rate, meter.gradNorm(name), meter.updateRatio(name), distance,
                    distance / size, similarity.getOrDefault(name, Double.NaN)));
        }
        meter.reset();
        return found;
    }

    /**
     * A warning for the group other than the last with the largest update ratio, if that is above the limit; otherwise empty.
     * Rate and ratio are means over the same steps.
     *
     * @param groups the measurements of an epoch, of each group in order
     * @param epoch  number of the epoch in the run, from 1, for the message
     */
    public Optional<String> warning(List<GroupActivity> groups, int epoch) {
        return groups.subList(0, Math.max(0, groups.size() - 1)).stream().filter(g -> g.updateRatio() > options.updateRatioLimit())
                .max(Comparator.comparingDouble(GroupActivity::updateRatio)).map(g -> String.format(Locale.ROOT,
                        "group %s moved by %.2g of its norm per step in epoch %d of the run (mean of ‖Δw‖/‖w‖, limit %.2g), at a"
                                + " mean learning rate of %.2g: steps of this size overwrite pretrained features; freeze the group, or"
                                + " divide its rate by %.0f or more",
                        g.group(), g.updateRatio(), epoch, options.updateRatioLimit(), g.learningRate(),
                        Math.ceil(g.updateRatio() / options.updateRatioLimit())));
    }

    /**
     * Measures how much of the accuracy rests on each group's training, see {@link GroupResilience}; afterwards the network
     * has the same bits as before. Empty if everything is off.
     *
     * @param accuracy of the network with its present weights, 0 to 1
     */
    public List<GroupResilience> resilience(List<LayerGroup> groups, DoubleSupplier accuracy) {
        return options.isOff() ? List.of() : groups.stream().map(g -> GroupResilience.of(g, atFirst, accuracy)).toList();
    }

    /** Frees the copies of the weights. */
    @Override
    public void close() {
        atFirst.values().forEach(Tensor::close);
        atFirst.clear();
    }
}
