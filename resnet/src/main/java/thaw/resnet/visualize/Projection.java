package thaw.resnet.visualize;

import thaw.engine.ReluRule;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/**
 * Projects a channel's strongest activation back to the pixels that caused it: by deconvnet (Zeiler and Fergus 2014, "Visualizing and
 * understanding convolutional networks", section 2.1), which is a backward pass whose max pools unpool by their switches, whose
 * convolutions are transposed and whose ReLUs pass what is positive; or by another {@link ReluRule}. Not thread-safe.
 */
public final class Projection {

    private final Network net;
    private final String layer;
    private final ReluRule rule;

    private Projection(Network net, String layer, ReluRule rule) {
        this.net = net;
        this.layer = layer;
        this.rule = rule;
    }

    /**
     * Projections from a layer of a network, which is put into evaluation mode with its parameters frozen.
     *
     * @param layer the name of a module, such as {@code layer2}
     */
    public static Projection of(Network net, String layer, ReluRule rule) {
        return new Projection(net, layer, rule);
    }

    /**
     * A projection.
     *
     * @param pixels     {@code [C, H, W]} of the image, in its normalised units
     * @param row        the activation's row in the feature map
     * @param column     its column
     * @param activation its value
     */
    public record Result(float[] pixels, int row, int column, float activation) {
    }

    /**
     * Projects the strongest activation of a channel.
     *
     * @param image {@code [1, C, H, W]}, normalised as for the network
     * @throws IllegalArgumentException if there is no such layer or channel, or more than one image
     */
    public Result strongest(Tensor image, int channel) {
        try (Scope scope = net.device().scope()) {
            Tensor x = image.detach();
            try (LayerOutput at = LayerOutput.of(net, layer, x)) {
                Shape maps = at.output().shape();
                if (maps.dim(0) != 1 || channel < 0 || channel >= maps.dim(1)) {
                    throw new IllegalArgumentException("channel: expected one image and a channel of " + layer + " from 0 to "
                            + (maps.dim(1) - 1) + ", got " + maps.dim(0) + " images and channel " + channel);
                }
                float[] activations = at.output().toFloats();
                int pixels = maps.dim(2) * maps.dim(3);
                int strongest = channel * pixels;
                for (int i = strongest; i < (channel + 1) * pixels; i++) {
                    strongest = activations[i] > activations[strongest] ? i : strongest;
                }
                float[] alone = new float[activations.length];
                alone[strongest] = activations[strongest];
                at.output().backward(net.device().tensor(maps, alone), rule);
                int pixel = strongest % pixels;
                float[] projected = x.grad().toFloats();
                x.zeroGrad();
                return new Result(projected, pixel / maps.dim(3), pixel % maps.dim(3), activations[strongest]);
            }
        }
    }

    /**
     * Projects a class's score: by {@link ReluRule#GUIDED} the picture of guided backpropagation.
     *
     * @param image {@code [1, C, H, W]}, normalised as for the network
     * @return {@code [C, H, W]}
     */
    public float[] score(Tensor image, int label) {
        try (Scope scope = net.device().scope()) {
            Tensor x = image.detach();
            try (LayerOutput at = LayerOutput.of(net, layer, x)) {
                at.scores().backward(Scores.one(at.scores(), label), rule);
                float[] projected = x.grad().toFloats();
                x.zeroGrad();
                return projected;
            }
        }
    }
}
