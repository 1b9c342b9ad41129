package thaw.finetune.evaluate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.ConfusionMatrix;
import thaw.finetune.metrics.MultiLabelCounts;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.InputCheck;
import thaw.finetune.predict.KnownImages;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.resnet.Network;

/**
 * The result of evaluating a network on labelled images. An image whose scores are not finite counts as classified
 * wrongly, and the loss is then not finite; {@link Predictions#undefined} lists these images.
 *
 * @param classes     the correct predictions per class, in the order of the labels
 * @param loss        the mean of the objective: the standard one of the labels, unless another is given
 * @param predictions for each image
 * @param features    the input of the network's last layer by image, {@code [features]}; of images spread evenly if those of all would
 *                    take more than 64 MiB, without those that are not finite; empty for predictions made elsewhere
 */
public record Evaluation(List<ClassCount> classes, double loss, Predictions predictions, Map<Integer, float[]> features) {

    /** Copies the collections, in their order; not the arrays. */
    public Evaluation {
        classes = List.copyOf(classes);
        features = Collections.unmodifiableMap(new LinkedHashMap<>(features));
    }

    /**
     * The number of correctly classified images, whose own class has the highest score. For multi-label data, the number
     * of correct decisions, one decision per image and class.
     */
    public int correct() {
        return classes.stream().mapToInt(ClassCount::correct).sum();
    }

    /** The number of images; for multi-label data, the number of decisions. */
    public int total() {
        return classes.stream().mapToInt(ClassCount::total).sum();
    }

    /** The share that is correct, 0 to 1. */
    public double accuracy() {
        return (double) correct() / total();
    }

    /**
     * The images as known ones of a model, which it must not have been trained on; empty if they may show several classes, or fewer than two
     * have features.
     */
    public Optional<KnownImages> knownImages() {
        return predictions.labels().multiLabel() || features.size() < 2 ? Optional.empty()
                : Optional.of(KnownImages.of(List.copyOf(features.values()), predictions.classes()));
    }

    /**
     * Evaluates a network on the validation images, or on all images if the folder has no validation images.
     *
     * @throws IllegalArgumentException if the network's number of classes is not the data's
     */
    public static Evaluation of(Network net, ImageFolder data) {
        return of(net, data.evaluationLoader(), Objective.standard(data.labels()), images -> {});
    }

    /**
     * Evaluates a network on one epoch of a loader. The network runs in evaluation mode; afterwards each module is back
     * in its previous mode.
     *
     * @param objective the loss to compute; it also determines whether the data is multi-label
     * @param progress  called after each batch with the number of images done
     * @throws IllegalArgumentException                if the network's number of classes is not the loader's
     * @throws thaw.finetune.images.ImageReadException if no image can be read, or the loader is strict and one cannot
     * @throws NotEnoughMemoryException                if a batch is too large
     */
    public static Evaluation of(Network net, BatchLoader loader, Objective objective, IntConsumer progress) {
        InputCheck.require(net, loader.labels().classes());
        PredictionPass pass = PredictionPass.over(loader.epoch(0), loader, net, objective, progress);
        Predictions predictions = pass.predictions();
        List<ClassCount> counts = objective instanceof Objective.BinaryCrossEntropy binary
                ? decisions(predictions, binary.threshold()) : images(predictions);
        return new Evaluation(counts, pass.loss(), predictions, pass.features());
    }

    /**
     * Evaluates existing predictions, such as averages over several views of each image. The loss is the cross-entropy of
     * their probabilities.
     *
     * @param threshold the probability above which a class counts as predicted, if the data is multi-label
     */
    public static Evaluation of(Predictions predictions, double threshold) {
        boolean several = predictions.labels().multiLabel();
        return new Evaluation(several ? decisions(predictions, threshold) : images(predictions),
                IntStream.range(0, predictions.size()).mapToDouble(predictions::loss).average().orElse(Double.NaN), predictions, Map.of());
    }

    private static List<ClassCount> images(Predictions predictions) {
        ConfusionMatrix matrix = ConfusionMatrix.of(predictions);
        List<ClassCount> counts = new ArrayList<>();
        for (int c = 0; c < predictions.classes(); c++) {
            counts.add(new ClassCount(matrix.classes().get(c), (int) matrix.count(c, c), (int) matrix.actualCount(c)));
        }
        return counts;
    }

    private static List<ClassCount> decisions(Predictions predictions, double threshold) {
        MultiLabelCounts right = MultiLabelCounts.of(predictions, threshold);
        List<ClassCount> counts = new ArrayList<>();
        for (int c = 0; c < predictions.classes(); c++) {
            counts.add(new ClassCount(predictions.labels().classes().get(c), (int) right.correct(c), predictions.size()));
        }
        return counts;
    }
}
