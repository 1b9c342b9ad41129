package thaw.finetune.train;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.finetune.distributed.ProcessGroup;
import thaw.resnet.Network;

/**
 * The sums over all workers between a step's backward pass and its update, which travel in one vector:
 *
 * <pre>
 * Σ gradients,  Σ n · running statistics,  Σ n · loss,  Σ n
 * </pre>
 *
 * for a worker of n images, whose gradients are those of its part of the step's loss. Statistics of batch norms in evaluation mode are
 * left out, so that they keep their bits, and so are those of {@link SynchronisedNorms}, which are equal already.
 */
final class StepSum {

    private final ProcessGroup workers;
    private final Network net;
    private final List<Tensor> parameters;
    private final SynchronisedNorms norms;
    private float[] vector = {};

    /**
     * The sums of a step over the images of all workers.
     *
     * @param loss   the mean; NaN without images
     * @param images their number
     */
    record Totals(double loss, int images) {
    }

    /** @param parameters those that an optimizer updates; a step sums the ones that require gradients then */
    StepSum(ProcessGroup workers, Network net, List<Tensor> parameters, SynchronisedNorms norms) {
        this.workers = workers;
        this.net = net;
        this.parameters = parameters;
        this.norms = norms;
    }

    /**
     * Replaces gradients by their sums, and running statistics by their means over the images, on every worker. Without any images
     * nothing is changed.
     *
     * @param loss   the mean over this worker's images
     * @param images the number of this worker's images; 0 for none, and then gradients are zeros or missing
     */
    Totals over(double loss, int images) {
        List<Tensor> trained = parameters.stream().filter(Tensor::requiresGrad).toList();
        List<Tensor> statistics = net.namedModules().values().stream()
                .flatMap(module -> module instanceof BatchNorm2d norm && norm.isTraining() && !norms.areSynchronised()
                        ? Stream.of(norm.runningMean(), norm.runningVar()) : Stream.empty())
                .toList();
        int length = Stream.of(trained, statistics).flatMap(List::stream).mapToInt(t -> t.shape().size()).sum() + 2;
        if (vector.length != length) {
            vector = new float[length];
        }
        int at = 0;
        for (Tensor parameter : trained) {
            int end = at + parameter.shape().size();
            if (parameter.grad() == null) {
                Arrays.fill(vector, at, end, 0);
            } else {
                System.arraycopy(parameter.grad().toFloats(), 0, vector, at, end - at);
            }
            at = end;
        }
        for (Tensor statistic : statistics) {
            for (float value : statistic.toFloats()) {
                vector[at++] = images * value;
            }
        }
        vector[at++] = (float) (images * loss);
        vector[at] = images;
        workers.allReduce(vector);
        int all = (int) vector[at];
        if (all > 0) {
            spread(trained, statistics, all);
        }
        return new Totals(vector[at - 1] / vector[at], all);
    }

    private void spread(List<Tensor> trained, List<Tensor> statistics, int images) {
        int at = 0;
        for (Tensor parameter : trained) {
            if (parameter.grad() == null) {
                // an optimizer updates parameters with a gradient; this worker had no image in the step
                try (Scope scope = parameter.device().scope()) {
                    parameter.mul(0).sum().backward();
                }
            }
            parameter.grad().set(FloatBuffer.wrap(vector, at, parameter.shape().size()));
            at += parameter.shape().size();
        }
        for (Tensor statistic : statistics) {
            int end = at + statistic.shape().size();
            for (int i = at; i < end; i++) {
                vector[i] /= images;
            }
            statistic.set(FloatBuffer.wrap(vector, at, end - at));
            at = end;
        }
    }
}
