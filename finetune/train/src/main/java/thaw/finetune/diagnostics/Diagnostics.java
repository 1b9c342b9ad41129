package thaw.finetune.diagnostics;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import thaw.engine.Tensor;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/** Measures a network's layer groups in training, relative to its weights at construction. Not thread-safe. */
public final class Diagnostics implements AutoCloseable {

    private final Network net;
    private final DiagnosticsOptions options;
    private final GroupMeter meter;
    private final Map<Tensor, Tensor> atFirst = new IdentityHashMap<>();
    private FeatureDrift drift;

    /** Keeps a copy of the network's current weights as the beginning, unless everything is off. */
    public Diagnostics(Network net, DiagnosticsOptions options) {
        this.net = net;
        this.options = options;
        this.meter = new GroupMeter(net.device(), options.everySteps());
        if (!options.isOff()) {
            net.parameters().forEach(p -> atFirst.put(p, net.device().wrap(net.device().backend().copy(p.array())).unscoped()));
        }
    }

    public DiagnosticsOptions options() {
        return options;
    }

    /** The meter of steps; to be called around each optimizer step. */
    public GroupMeter meter() {
        return meter;
    }

    /** Sets the feature drift to measure after each epoch, replacing any earlier one. */
    public void drift(FeatureDrift probe) {
        this.drift = probe;
    }

    /**
     * The measurements since the last call, which are then reset.
     *
     * @param rates current learning rate of each group
     */
    public List<GroupActivity> epoch(List<LayerGroup> groups, List<Double> rates) {
        Map<String, Double> similarity = drift == null ? Map.of() : drift.similarity(groups);
        List<GroupActivity> found = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            String name = groups.get(i).name();
            List<Tensor> parameters = groups.get(i).parameters();
            boolean known = !parameters.isEmpty() && parameters.stream().allMatch(atFirst::containsKey);
            double distance = known ? GroupMeter.norm(parameters, atFirst) : Double.NaN;
            double size = known ? GroupMeter.norm(parameters.stream().map(atFirst::get).toList(), Map.of()) : Double.NaN;
            found.add(new GroupActivity(name, rates.get(i), meter.gradNorm(name), meter.updateRatio(name), distance,
                    distance / size, similarity.getOrDefault(name, Double.NaN)));
        }
        meter.reset();
        return found;
    }

    /** A warning for the first group other than the last whose update ratio is above the limit; empty if there is none. */
    public Optional<String> warning(EpochActivity epoch) {
        List<GroupActivity> body = epoch.groups().subList(0, epoch.groups().size() - 1);
        return body.stream().filter(g -> g.updateRatio() > options.updateRatioLimit()).findFirst().map(g -> String.format(
                Locale.ROOT, "group %s moved by %.2g of its norm per step in epoch %d (‖Δw‖/‖w‖, limit %.2g), at learning rate"
                        + " %.2g: this destroys its pretrained features; freeze the group, or give it a lower learning rate, say %.2g",
                g.group(), g.updateRatio(), epoch.epoch(), options.updateRatioLimit(), g.learningRate(),
                g.learningRate() * options.updateRatioLimit() / g.updateRatio() / 10));
    }

    /** Frees the copies of the weights. */
    @Override
    public void close() {
        atFirst.values().forEach(Tensor::close);
        atFirst.clear();
    }
}
