package thaw.finetune.loss;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.finetune.data.Batch;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.ModelFile;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;

/**
 * A loss with settings that can be stored: maps a network's scores and a batch's targets to a scalar. Jackson writes and
 * reads the settings with the record's name as "type".
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({@Type(value = Objective.CrossEntropy.class, name = "CrossEntropy"),
    @Type(value = Objective.BinaryCrossEntropy.class, name = "BinaryCrossEntropy")})
public sealed interface Objective extends LossFunction {
    /** Whether the loss is multi-label: the scores are independent, and an image may have several classes or none. */
    boolean multiLabel();

    /** Cross-entropy for single-label data, binary cross-entropy for multi-label data. */
    static Objective standard(LabelSet labels) {
        return labels.multiLabel() ? binaryCrossEntropy() : crossEntropy();
    }

    /** The objective for validation: the loss itself if it is an objective, otherwise the standard one. */
    static Objective forValidation(LossFunction loss, LabelSet labels) {
        return loss instanceof Objective objective ? objective : standard(labels);
    }

    /**
     * The standard objective for evaluating a model, with the model's threshold if it is multi-label. The loss has no
     * class weights.
     */
    static Objective of(ModelFile model) {
        return model.labels().multiLabel() ? binaryCrossEntropy().threshold(model.threshold()) : crossEntropy();
    }

    /** @throws IllegalArgumentException if the data is multi-label and this objective single-label, or the reverse */
    default void requireFit(LabelSet labels) {
        if (multiLabel() != labels.multiLabel()) {
            throw new IllegalArgumentException(getClass().getSimpleName() + " is for images that show "
                    + (multiLabel() ? "several classes or none; these show one each: use Objective.crossEntropy()"
                            : "one class each; these may show several: use Objective.binaryCrossEntropy()"));
        }
    }

    /** Cross-entropy without label smoothing and weights. */
    static CrossEntropy crossEntropy() {
        return new CrossEntropy(0, List.of());
    }

    /** Binary cross-entropy without weights; a class counts as predicted above a probability of 0.5. */
    static BinaryCrossEntropy binaryCrossEntropy() {
        return new BinaryCrossEntropy(0.5, List.of());
    }

    /**
     * Softmax cross-entropy by PyTorch's definition, with class numbers or class probabilities as targets.
     *
     * @param labelSmoothing {@code ε}: the target class keeps {@code 1 - ε}, and {@code ε} is spread over all classes
     *     (Szegedy et al. 2015); 0 by default, 0.1 in fastai's {@code LabelSmoothingCrossEntropy}
     * @param classWeights   a factor for each class, such as {@link thaw.finetune.data.ImageFolder#classWeights}; empty
     *     for 1. The mean over a batch divides by the sum of the weights of its images' classes. If all of these are 0,
     *     the batch's loss and gradient are 0
     */
    record CrossEntropy(double labelSmoothing, List<Double> classWeights) implements Objective {
        /** @throws IllegalArgumentException for a value out of range; the message names it */
        public CrossEntropy {
            classWeights = List.copyOf(classWeights);
            if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
                throw new IllegalArgumentException("label smoothing: expected 0 to 1, got " + labelSmoothing);
            }
            requireWeights("class weights", classWeights);
        }

        /** Sets the label smoothing, 0 to 1. */
        public CrossEntropy labelSmoothing(double epsilon) {
            return new CrossEntropy(epsilon, classWeights);
        }

        /** Sets the weights of the classes, at least 0, in the order of the classes. */
        public CrossEntropy classWeights(List<Double> weights) {
            return new CrossEntropy(labelSmoothing, weights);
        }

        @Override
        public Tensor of(Tensor scores, Batch batch) {
            Tensor weights = tensor("class weights", classWeights, scores);
            // The mean would be 0/0 = NaN, indistinguishable from diverged weights. NaN scores still give NaN.
            return batch.isWithoutWeight(classWeights) ? scores.sum().mul(0)
                    : Functional.crossEntropy(scores, batch.targets(scores.device()), weights, labelSmoothing, Reduction.MEAN);
        }

        @Override
        public boolean multiLabel() {
            return false;
        }
    }

    /**
     * Binary cross-entropy of each class separately, averaged over images and classes: PyTorch's
     * {@code BCEWithLogitsLoss}.
     *
     * @param threshold       the probability above which a class counts as predicted; it does not affect the loss
     * @param positiveWeights a factor for each class's positive targets; empty for 1
     */
    record BinaryCrossEntropy(double threshold, List<Double> positiveWeights) implements Objective {
        /** @throws IllegalArgumentException for a value out of range; the message names it */
        public BinaryCrossEntropy {
            positiveWeights = List.copyOf(positiveWeights);
            if (!(threshold > 0 && threshold < 1)) {
                throw new IllegalArgumentException("threshold: expected a probability between 0 and 1, got " + threshold);
            }
            requireWeights("positive weights", positiveWeights);
        }

        /** Sets the probability above which a class counts as predicted, between 0 and 1. */
        public BinaryCrossEntropy threshold(double probability) {
            return new BinaryCrossEntropy(probability, positiveWeights);
        }

        /** Sets the weights of positive targets, at least 0, in the order of the classes. */
        public BinaryCrossEntropy positiveWeights(List<Double> weights) {
            return new BinaryCrossEntropy(threshold, weights);
        }

        @Override
        public Tensor of(Tensor scores, Batch batch) {
            return Functional.binaryCrossEntropy(scores, batch.targets(scores.device()),
                    tensor("positive weights", positiveWeights, scores),
                    Reduction.MEAN);
        }

        @Override
        public boolean multiLabel() {
            return true;
        }
    }

    private static void requireWeights(String what, List<Double> weights) {
        // Checked as float32, the precision in which they are used.
        if (!weights.stream().allMatch(weight -> weight >= 0 && Float.isFinite(weight.floatValue()))) {
            throw new IllegalArgumentException(what + ": expected finite numbers of 0 or more, got " + weights);
        }
        if (!weights.isEmpty() && weights.stream().allMatch(weight -> weight.floatValue() == 0)) {
            throw new IllegalArgumentException(what + ": expected at least one above 0, got " + weights
                    + "; give no weights for classes of equal weight");
        }
    }

    /** The weights as a tensor {@code [classes]}; null for none, as {@link thaw.engine.functional.Functional} expects. */
    private static @Nullable Tensor tensor(String what, List<Double> weights, Tensor scores) {
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
