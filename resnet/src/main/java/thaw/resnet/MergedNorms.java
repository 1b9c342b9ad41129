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

    /** @param tensors of the architecture's body, by torchvision's names; unchanged if the stem's convolution has no bias */
    static Map<String, StoredTensor> split(Architecture architecture, Map<String, StoredTensor> tensors) {
        Map<String, StoredTensor> split = new LinkedHashMap<>(tensors);
        boolean merged = tensors.containsKey(architecture.design().stem().first() + ".bias");
        String before = "";
        for (Layer layer : architecture.layers(1)) {
            boolean isNorm = layer.weight().rank() == 1;
            if (merged && isNorm && !tensors.containsKey(layer.name() + ".weight")) {
                StoredTensor bias = split.remove(before + ".bias");
                split.put(layer.name() + ".weight", constant(layer.weight(), 1));
                // An exporter may leave out a bias of zeros.
                split.put(layer.name() + ".bias", bias == null ? constant(layer.weight(), 0) : bias);
                split.put(layer.name() + ".running_mean", constant(layer.weight(), 0));
                split.put(layer.name() + ".running_var", constant(layer.weight(), 1 - EPS));
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
