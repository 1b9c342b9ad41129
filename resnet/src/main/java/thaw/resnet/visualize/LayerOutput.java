package thaw.resnet.visualize;

import org.jspecify.annotations.Nullable;
import thaw.engine.Tensor;
import thaw.engine.nn.ForwardHook;
import thaw.engine.nn.Module;
import thaw.resnet.Network;

/**
 * The output of a layer and the scores of one forward pass, for backward passes from either. To be closed, which frees the graph.
 *
 * @param output {@code [N, C, H, W]} of the layer
 * @param scores {@code [N, classes]}
 */
record LayerOutput(Tensor output, Tensor scores) implements AutoCloseable {

    /**
     * Runs a network, which is put into evaluation mode with its parameters frozen, so that gradients flow to {@code x} alone.
     *
     * @param layer the name of a module, such as {@code layer3} or {@code layer3.0}
     * @param x     {@code [N, C, H, W]}, which requires a gradient from then on
     * @throws IllegalArgumentException if the network has no such layer, or its output is not {@code [N, C, H, W]}
     */
    static LayerOutput of(Network net, String layer, Tensor x) {
        Module module = net.namedModules().get(layer);
        if (module == null || layer.isEmpty()) {
            throw new IllegalArgumentException("layer: " + net.name() + " has no layer \"" + layer + "\"; it has "
                    + String.join(", ", net.children().keySet()) + ", and the layers within them, such as "
                    + net.namedModules().keySet().stream().filter(name -> name.indexOf('.') > 0).findFirst().orElse("none"));
        }
        net.eval().requiresGrad(false);
        x.requiresGrad(true);
        Caught caught = new Caught();
        Tensor scores;
        try (ForwardHook.Registration hook = module.onForward(caught)) {
            scores = net.call(x).unscoped();
        } catch (RuntimeException | Error failed) {
            caught.close();
            throw failed;
        }
        Tensor output = caught.output;
        if (output == null || output.shape().rank() != 4) {
            caught.close();
            scores.close();
            throw new IllegalArgumentException("layer: \"" + layer + "\" has the output "
                    + (output == null ? "of no call" : output.shape().toString()) + "; expected a layer with feature maps [N, C, H, W]");
        }
        return new LayerOutput(output, scores);
    }

    /** Keeps the last output of its own thread, which leaves its scope; other threads may use the network meanwhile. */
    private static final class Caught implements ForwardHook {
        private final Thread thread = Thread.currentThread();
        private @Nullable Tensor output;

        @Override
        public void accept(Module module, Tensor result) {
            if (Thread.currentThread() == thread) {
                output = result.unscoped();
            }
        }

        void close() {
            if (output != null) {
                output.close();
            }
        }
    }

    @Override
    public void close() {
        output.close();
        scores.close();
    }
}
