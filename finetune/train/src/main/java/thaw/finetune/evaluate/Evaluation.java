package thaw.finetune.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import thaw.engine.Tensor;
import thaw.finetune.data.Batch;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.ConfusionMatrix;
import thaw.finetune.metrics.MultiLabelCounts;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.InputCheck;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.resnet.Network;

/**
 * The result of evaluating a network on labelled images. An image whose scores are not finite counts as classified
 * wrongly, and the loss is then not finite; {@link Predictions#undefined} lists these images.
 *
 * @param classes     the correct predictions per class, in the order of the labels
 * @param loss        the mean of the objective: the standard one of the labels, unless another is given
 * @param predictions for each image
 */
public record Evaluation(List<ClassCount> classes, double loss, Predictions predictions) {

    /** Copies the list. */
    public Evaluation {
        classes = List.copyOf(classes);
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
        return of(net, loader, batch -> batch.scores(net), objective, progress);
    }

    /** @param scores the network's scores of a batch, {@code [N, classes]} */
    static Evaluation of(Network net, BatchLoader loader, Function<Batch, Tensor> scores, Objective objective, IntConsumer progress) {
        List<String> classes = loader.labels().classes();
        InputCheck.require(net, classes);
        LabelSet labels = new LabelSet(classes, objective.multiLabel());
        PredictionPass pass = PredictionPass.over(loader.epoch(0), net, scores, labels, objective, progress);
        Predictions predictions = pass.predictions();
        List<ClassCount> counts = objective instanceof Objective.BinaryCrossEntropy binary
                ? decisions(predictions, binary.threshold()) : images(predictions);
        return new Evaluation(counts, pass.loss(), predictions);
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
                IntStream.range(0, predictions.size()).mapToDouble(predictions::loss).average().orElse(Double.NaN), predictions);
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
