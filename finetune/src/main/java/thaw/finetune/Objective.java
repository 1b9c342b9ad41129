package thaw.finetune;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import thaw.engine.Ops;
import thaw.engine.Tensor;
import thaw.finetune.data.LabelSet;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;

/**
 * What training makes small: a loss of a network's scores and what the images show. Jackson writes and reads its settings with
 * the record's name as "type".
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({@Type(value = Objective.CrossEntropy.class, name = "CrossEntropy"),
    @Type(value = Objective.BinaryCrossEntropy.class, name = "BinaryCrossEntropy")})
public sealed interface Objective extends LossFunction {
    /**
     * The loss of a batch.
     *
     * @param scores {@code [N, C]}
     * @return a scalar, the mean over the batch
     * @throws IllegalArgumentException if there are weights for another number of classes
     */
    @Override
    Tensor of(Tensor scores, Batch batch);

    /** Whether scores are taken for independent ones, so that an image may show several classes or none. */
    boolean multiLabel();

    /** Cross-entropy for images of one class each, binary cross-entropy for those that may show several. */
    static Objective standard(LabelSet labels) {
        return labels.multiLabel() ? binaryCrossEntropy() : crossEntropy();
    }

    /** What validation computes: the loss itself where it is an objective, otherwise the standard one. */
    static Objective forValidation(LossFunction loss, LabelSet labels) {
        return loss instanceof Objective objective ? objective : standard(labels);
    }

    /**
     * The standard objective of a model's images, with the model's threshold where they may show several classes. It is for
     * evaluation: the loss has no weights.
     */
    static Objective of(ModelFile model) {
        return model.labels().multiLabel() ? binaryCrossEntropy().threshold(model.threshold()) : crossEntropy();
    }

    /** @throws IllegalArgumentException if images may show several classes and this is for those of one, or the reverse */
    default void requireFit(LabelSet labels) {
        if (multiLabel() != labels.multiLabel()) {
            throw new IllegalArgumentException(getClass().getSimpleName() + " is for images that show "
                    + (multiLabel() ? "several classes or none; these show one each: use Objective.crossEntropy()"
                    : "one class each; these may show several: use Objective.binaryCrossEntropy()"));
        }
    }

    static CrossEntropy crossEntropy() {
        return new CrossEntropy(0, List.of());
    }

    static BinaryCrossEntropy binaryCrossEntropy() {
        return new BinaryCrossEntropy(0.5, List.of());
    }

    /**
     * Softmax cross-entropy, PyTorch's definition, of one class for each image or a mixture of classes.
     *
     * @param labelSmoothing {@code ε}: the target keeps {@code 1 - ε}, and all classes share the rest (Szegedy et al. 2015); 0 by
     *                       default, 0.1 in fastai's {@code LabelSmoothingCrossEntropy}
     * @param classWeights   how much each class counts, such as {@link thaw.finetune.data.ImageFolder#classWeights}; none for 1.
     *                       The mean over a batch divides by the weights of its images' classes; where all of these are 0, there
     *                       is nothing to learn from it, and its loss and gradient are 0
     */
    record CrossEntropy(double labelSmoothing, List<Double> classWeights) implements Objective {
        public CrossEntropy {
            classWeights = List.copyOf(classWeights);
            if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
                throw new IllegalArgumentException("label smoothing: expected 0 to 1, got " + labelSmoothing);
            }
            requireWeights("class weights", classWeights);
        }

        public CrossEntropy labelSmoothing(double epsilon) {
            return new CrossEntropy(epsilon, classWeights);
        }

        public CrossEntropy classWeights(List<Double> weights) {
            return new CrossEntropy(labelSmoothing, weights);
        }

        @Override
        public Tensor of(Tensor scores, Batch batch) {
            Tensor weights = tensor("class weights", classWeights, scores);
            // Its mean would be 0/0, which is NaN and looks like weights that broke; scores that are NaN stay NaN.
            return batch.isWithoutWeight(classWeights) ? scores.sum().mul(0)
                    : Ops.crossEntropy(scores, batch.targets(), weights, labelSmoothing, Reduction.MEAN);
        }

        @Override
        public boolean multiLabel() {
            return false;
        }
    }

    /**
     * Binary cross-entropy of each class by itself, the mean over images and classes: PyTorch's {@code BCEWithLogitsLoss}.
     *
     * @param threshold       above which probability an image counts as showing a class; it does not change the loss
     * @param positiveWeights how much more it counts that an image shows a class than that it does not, for each class; empty
     *                        for 1
     */
    record BinaryCrossEntropy(double threshold, List<Double> positiveWeights) implements Objective {
        public BinaryCrossEntropy {
            positiveWeights = List.copyOf(positiveWeights);
            if (!(threshold > 0 && threshold < 1)) {
                throw new IllegalArgumentException("threshold: expected a probability between 0 and 1, got " + threshold);
            }
            requireWeights("positive weights", positiveWeights);
        }

        public BinaryCrossEntropy threshold(double probability) {
            return new BinaryCrossEntropy(probability, positiveWeights);
        }

        public BinaryCrossEntropy positiveWeights(List<Double> weights) {
            return new BinaryCrossEntropy(threshold, weights);
        }

        @Override
        public Tensor of(Tensor scores, Batch batch) {
            return Ops.binaryCrossEntropy(scores, batch.targets(), tensor("positive weights", positiveWeights, scores),
                    Reduction.MEAN);
        }

        @Override
        public boolean multiLabel() {
            return true;
        }
    }

    private static void requireWeights(String what, List<Double> weights) {
        // As float32, in which they count.
        if (!weights.stream().allMatch(weight -> weight >= 0 && Float.isFinite(weight.floatValue()))) {
            throw new IllegalArgumentException(what + ": expected finite numbers of 0 or more, got " + weights);
        }
        if (!weights.isEmpty() && weights.stream().allMatch(weight -> weight.floatValue() == 0)) {
            throw new IllegalArgumentException(what + ": expected at least one above 0, got " + weights
                    + "; give none for classes that count alike");
        }
    }

    /** Null for no weights, as {@link Ops} takes them. */
    private static Tensor tensor(String what, List<Double> weights, Tensor scores) {
        if (weights.isEmpty()) {
            return null;
        }
        int classes = scores.shape().dim(-1);
        if (weights.size() != classes) {
            throw new IllegalArgumentException(what + ": expected one for each of " + classes + " classes, got "
                    + weights.size() + ": " + weights);
        }
        return scores.device().tensor(Shape.of(classes), weights.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
