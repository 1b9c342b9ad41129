package thaw.finetune.bench;

import thaw.resnet.Architecture;
import thaw.resnet.Layer;
import thaw.resnet.Outline;

/**
 * The number of floating-point operations in a step by the direct algorithms, whichever algorithms the backend uses. This makes
 * algorithms comparable: one with fewer multiplications, such as Winograd's, reaches a higher nominal throughput.
 *
 * <p>A multiply-add counts as 2. As usual, only convolutions and linear layers count: each of a layer's weights {@code w} is used
 * once for every pixel of its output, so that forward takes {@code 2·|w|·H·W}. Backward takes as much for the weights' gradient
 * of every trained layer, and as much again for the gradient of its input, unless no earlier layer is trained. A training step
 * of a whole network takes about 3 times the forward pass.
 */
public final class StepFlops {

    private StepFlops() {
    }

    /**
     * Operations of a step per image.
     *
     * @param outline of the architecture's network, for the images' size
     */
    public static long perImage(Outline outline, Architecture architecture, Mode mode) {
        return outline.layers().stream().mapToLong(layer -> 2 * layer.multiplyAdds() * times(layer, architecture, mode)).sum();
    }

    /** A layer's operations in a step, as a multiple of its forward pass. */
    private static int times(Layer layer, Architecture architecture, Mode mode) {
        int stages = architecture.stages();
        String lastBlock = "layer" + stages + "." + (architecture.depths().get(stages - 1) - 1);
        return switch (mode) {
            case INFER -> 1;
            case TRAIN -> layer.name().matches("conv1(\\.0)?") ? 2 : 3;
            case TRAIN_HEAD -> {
                boolean takesFrozenInput = layer.name().equals(lastBlock + ".conv1")
                        || layer.name().startsWith(lastBlock + ".downsample.");
                boolean trained = layer.name().startsWith(lastBlock + ".") || layer.name().startsWith("fc");
                yield takesFrozenInput ? 2 : trained ? 3 : 1;
            }
        };
    }
}
