package thaw.finetune.diagnostics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.ForwardHook;
import thaw.engine.nn.Module;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.Batch;
import thaw.kernels.Shape;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/**
 * Compares the outputs of a network's layer groups for fixed probe images with those at the beginning. Both times batch norm
 * uses the statistics of the probe images themselves: with its running statistics, which follow the new images, a group whose
 * weights have not moved would seem to have changed. Not thread-safe.
 */
public final class FeatureDrift {

    private final Network net;
    private final Shape shape;
    private final float[] images;
    private final Map<String, double[][]> atFirst;

    /**
     * Runs the network with its current weights as the beginning.
     *
     * @param groups layer groups of the network; the output of each one's last module is compared
     * @param shape  {@code [N, C, H, W]} of the probe images
     * @param images the probe images in row-major order; copied
     */
    public FeatureDrift(Network net, List<LayerGroup> groups, Shape shape, float[] images) {
        this.net = net;
        this.shape = shape;
        this.images = images.clone();
        this.atFirst = grams(groups);
    }

    /** A comparison that uses at most {@code most} images of a loader's first batch as the probe. */
    public static FeatureDrift of(Network net, List<LayerGroup> groups, BatchLoader loader, int most) {
        try (Batches batches = loader.epoch(0)) {
            Batch batch = batches.next();
            Shape shape = Shape.of(Math.min(most, batch.size()), net.inputChannels(), batch.side(), batch.side());
            return new FeatureDrift(net, groups, shape, Arrays.copyOf(batch.images(), shape.size()));
        }
    }

    /**
     * The {@linkplain LinearCka linear CKA} between each group's output now and at the beginning, by the group's name. Groups
     * whose names did not exist at the beginning are left out.
     */
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
        Map<String, StoredTensor> statistics = net.stateDict();
        for (LayerGroup group : groups) {
            Module last = List.copyOf(group.modules().values()).get(group.modules().size() - 1);
            hooks.add(last.onForward((module, y) -> found.put(group.name(), LinearCka.centredGram(y.toFloats(), y.shape().dim(0)))));
        }
        try (TrainingModes kept = new TrainingModes(net);
                NoGrad off = net.device().noGrad();
                Scope scope = net.device().scope()) {
            net.eval();
            net.namedModules().values().stream().filter(BatchNorm2d.class::isInstance).forEach(Module::train);
            net.call(net.device().tensor(shape, images));
        } finally {
            hooks.forEach(ForwardHook.Registration::close);
            net.restore(statistics);
        }
        return found;
    }
}
