package thaw.resnet.visualize;

import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.Conv2d;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/**
 * Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: Visual explanations from deep networks via gradient-based localization", equations 1 and
 * 2): the regions that raise a class's score. With {@code A[c]} the layer's feature maps of {@code Z} pixels and {@code s} the score,
 * <pre>
 * a[c] = Σ_pixels ∂s/∂A[c] / Z         heat = max(Σ_c a[c] · A[c], 0)
 * </pre>
 * Thread-safe, unless the network is trained meanwhile.
 */
public final class GradCam {

    private final Network net;
    private final String layer;

    private GradCam(Network net, String layer) {
        this.net = net;
        this.layer = layer;
    }

    /**
     * Grad-CAM of a network, which is put into evaluation mode with its parameters frozen.
     *
     * @param layer the name of a module, usually the last stage: {@code layer4}, or {@code layer3} of the CIFAR networks
     */
    public static GradCam of(Network net, String layer) {
        return new GradCam(net, layer);
    }

    /** Like {@link #of(Network, String)}, of the last stage: the child of the network that holds its last convolution. */
    public static GradCam of(Network net) {
        String last = net.namedModules().entrySet().stream().filter(module -> module.getValue() instanceof Conv2d).map(Map.Entry::getKey)
                .reduce((first, second) -> second)
                .orElseThrow(() -> new IllegalArgumentException("layer: " + net.name() + " has no convolution"));
        return of(net, last.split("\\.")[0]);
    }

    /**
     * The heat of each of the layer's regions.
     *
     * @param image {@code [1, C, H, W]}, normalised as for the network
     * @param label the number of the class
     * @throws IllegalArgumentException if there is no such layer or class
     */
    public Heatmap heatmap(Tensor image, int label) {
        return heatmap(image, scores -> label);
    }

    /** Like {@link #heatmap(Tensor, int)}, for the class with the highest score. */
    public Heatmap heatmap(Tensor image) {
        return heatmap(image, scores -> {
            float[] values = scores.toFloats();
            return IntStream.range(0, values.length).reduce((best, c) -> values[c] > values[best] ? c : best).orElseThrow();
        });
    }

    private Heatmap heatmap(Tensor image, ToIntFunction<Tensor> label) {
        try (Scope scope = net.device().scope(); LayerOutput at = LayerOutput.of(net, layer, image.detach())) {
            at.output().retainGrad();
            at.scores().backward(Scores.one(at.scores(), label.applyAsInt(at.scores())));
            Shape maps = at.output().shape();
            Tensor share = at.output().grad().mean(true, 2, 3);
            Tensor heat = at.output().detach().mul(share).sum(1).relu();
            return new Heatmap(maps.dim(3), maps.dim(2), heat.toFloats());
        }
    }
}
