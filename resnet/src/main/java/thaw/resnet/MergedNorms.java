package thaw.resnet;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;

/**
 * Batch norms that were merged into the convolutions before them, as PyTorch's exporter to ONNX does: the convolution has the weight
 * {@code w·γ/√(σ² + ε)} and the bias {@code β − μ·γ/√(σ² + ε)}. They are split again into a convolution of that weight and a norm that
 * only adds that bias: {@code μ = 0}, {@code σ² = 1 − ε}, {@code γ = 1}.
 */
final class MergedNorms {

    /** ε of PyTorch's batch norm, which {@link thaw.engine.nn.BatchNorm2d} has by default. */
    private static final double EPS = 1e-5;

    private MergedNorms() {
    }

    /** @param tensors of the architecture's body, by torchvision's names; those without merged norms are returned unchanged */
    static Map<String, StoredTensor> split(Architecture architecture, Map<String, StoredTensor> tensors) {
        Map<String, StoredTensor> split = new LinkedHashMap<>(tensors);
        String before = "";
        for (Layer layer : architecture.layers(1)) {
            StoredTensor bias = tensors.get(before + ".bias");
            if (layer.weight().rank() == 1 && bias != null && !tensors.containsKey(layer.name() + ".running_var")) {
                Shape channels = bias.shape();
                split.remove(before + ".bias");
                split.put(layer.name() + ".weight", constant(channels, 1));
                split.put(layer.name() + ".bias", bias);
                split.put(layer.name() + ".running_mean", constant(channels, 0));
                split.put(layer.name() + ".running_var", constant(channels, 1 - EPS));
            }
            before = layer.name();
        }
        return split;
    }

    private static StoredTensor constant(Shape shape, double value) {
        float[] values = new float[shape.size()];
        Arrays.fill(values, (float) value);
        return StoredTensor.of(shape, values);
    }
}
