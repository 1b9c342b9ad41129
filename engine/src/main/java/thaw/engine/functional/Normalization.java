package thaw.engine.functional;

import org.jspecify.annotations.Nullable;
import thaw.engine.Tensor;

/**
 * The tensors and constants of a batch normalisation, for {@link Functional#batchNormTrain} and
 * {@link Functional#batchNormEval}.
 *
 * @param weight      the scale {@code [C]}
 * @param bias        the shift {@code [C]}
 * @param runningMean {@code [C]}; training updates it in place. Null, like {@code runningVar}, if training updates nothing
 * @param runningVar  {@code [C]}; each update uses the batch's unbiased variance
 * @param momentum    the weight of the new value in the running statistics
 * @param eps         added to the variance
 */
public record Normalization(Tensor weight, Tensor bias, @Nullable Tensor runningMean, @Nullable Tensor runningVar,
        double momentum, double eps) {

    /** The same normalisation without running statistics: training then updates none. */
    public Normalization withoutStatistics() {
        return new Normalization(weight, bias, null, null, momentum, eps);
    }
}
