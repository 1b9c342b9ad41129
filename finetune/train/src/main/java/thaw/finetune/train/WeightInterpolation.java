package thaw.finetune.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.finetune.predict.ModelFile;

/**
 * Models on the straight line between two of the same network and classes (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
 * models"): every tensor is {@code (1 − t)·a + t·b}. That includes batch norm's running statistics, so that the ends are the models
 * themselves. It makes sense for models that were trained from the same weights: the loss between others is usually high.
 */
public final class WeightInterpolation {

    private WeightInterpolation() {
    }

    /**
     * The model at {@code t}: {@code a} at 0, {@code b} at 1; before and behind them it is extrapolated. Its preparation of images is
     * that of {@code a}, and so are tensors of integers, such as counts of batches; features of training images are left out.
     *
     * @throws IllegalArgumentException if the models differ in network, classes or the shape of a tensor
     */
    public static ModelFile at(ModelFile a, ModelFile b, double t) {
        if (!a.network().equals(b.network()) || !a.labels().equals(b.labels())) {
            throw new IllegalArgumentException("blend: expected two models of one network and the same classes, got " + a.network() + " of "
                    + a.classes() + " and " + b.network() + " of " + b.classes());
        }
        Map<String, StoredTensor> blended = new LinkedHashMap<>();
        a.weights().forEach((name, tensor) -> {
            StoredTensor other = b.weights().get(name);
            if (other == null || !other.shape().equals(tensor.shape())) {
                throw new IllegalArgumentException("blend: " + name + " is " + tensor.shape() + " in the first model, "
                        + (other == null ? "absent" : other.shape()) + " in the second; expected models of one network");
            }
            blended.put(name, tensor.dtype().isFloating()
                    ? StoredTensor.of(tensor.shape(), between(tensor.toFloats(), other.toFloats(), t)) : tensor);
        });
        return new ModelFile(a.network(), a.labels(), a.threshold(), a.transforms(), Weights.of(blended, Map.of()), Optional.empty());
    }

    /** The values {@code (1 − t)·a + t·b}, in double precision. */
    public static float[] between(float[] a, float[] b, double t) {
        float[] values = new float[a.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((1 - t) * a[i] + t * b[i]);
        }
        return values;
    }
}
