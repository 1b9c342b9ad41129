package thaw.finetune.insight;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.nn.ForwardHook;
import thaw.engine.nn.Module;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.RawBatch;
import thaw.kernels.Shape;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/** How alike a network's layer groups see a fixed batch of images now and at the beginning, in evaluation mode. */
public final class FeatureDrift {

    private final ResNet net;
    private final Shape shape;
    private final float[] images;
    private final Map<String, double[][]> atFirst;

    /**
     * Takes the network as it is now for the beginning.
     *
     * @param groups of the network, each of whose last module's output is looked at
     * @param shape  {@code [N, C, H, W]} of the probe images
     * @param images copied
     */
    public FeatureDrift(ResNet net, List<LayerGroup> groups, Shape shape, float[] images) {
        this.net = net;
        this.shape = shape;
        this.images = images.clone();
        this.atFirst = grams(groups);
    }

    /** With the first images of a loader's first batch for a probe. */
    public static FeatureDrift of(ResNet net, List<LayerGroup> groups, BatchLoader loader, int most) {
        try (Batches batches = loader.epoch(0)) {
            RawBatch raw = batches.next();
            Shape shape = Shape.of(Math.min(most, raw.size()), net.inputChannels(), raw.side(), raw.side());
            return new FeatureDrift(net, groups, shape, Arrays.copyOf(raw.images(), shape.size()));
        }
    }

    /** {@linkplain LinearCka Linear CKA} of each group's output now and at the beginning, by the group's name. */
    public Map<String, Double> similarity(List<LayerGroup> groups) {
        Map<String, Double> found = new LinkedHashMap<>();
        grams(groups).forEach((name, gram) -> {
            if (atFirst.containsKey(name)) {
                found.put(name, LinearCka.of(gram, atFirst.get(name)));
            }
        });
        return found;
    }

    private Map<String, double[][]> grams(List<LayerGroup> groups) {
        Map<String, double[][]> found = new LinkedHashMap<>();
        List<ForwardHook.Registration> hooks = new ArrayList<>();
        for (LayerGroup group : groups) {
            Module last = List.copyOf(group.modules().values()).get(group.modules().size() - 1);
            hooks.add(last.onForward((module, y) ->
                    found.put(group.name(), LinearCka.centredGram(y.toFloats(), y.shape().dim(0)))));
        }
        try (TrainingModes kept = new TrainingModes(net); NoGrad off = net.device().noGrad();
                Scope scope = net.device().scope()) {
            net.eval();
            net.call(net.device().tensor(shape, images));
        } finally {
            hooks.forEach(ForwardHook.Registration::close);
        }
        return found;
    }
}
