package thaw.finetune;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.LabelSet;
import thaw.finetune.metrics.ConfusionMatrix;
import thaw.finetune.metrics.Metric;
import thaw.finetune.metrics.MultiLabelCounts;
import thaw.finetune.metrics.Predictions;
import thaw.resnet.ResNet;

/**
 * How well a network does on images whose classes are known. Images whose scores are not finite are counted as wrong, and the loss
 * is not finite then; {@link Predictions#undefined} tells which they are.
 *
 * @param classes     how each class fared, in the order of the labels
 * @param loss        mean of the objective, cross-entropy unless another is given
 * @param predictions for each image
 */
public record Evaluation(List<ClassCount> classes, double loss, Predictions predictions) {

    public Evaluation {
        classes = List.copyOf(classes);
    }

    /**
     * Images that were classified right: their class has the highest score. Where images may show several classes, decisions that
     * are right, for each image and class.
     */
    public int correct() {
        return classes.stream().mapToInt(ClassCount::correct).sum();
    }

    /** Images in all; where they may show several classes, decisions in all. */
    public int total() {
        return classes.stream().mapToInt(ClassCount::total).sum();
    }

    /** The share that was classified right, 0 to 1. */
    public double accuracy() {
        return (double) correct() / total();
    }

    /** Another number for how good the predictions are. */
    public double metric(Metric metric) {
        return metric.of().applyAsDouble(predictions);
    }

    /**
     * A network on the validation images, or on all of them where the folder has none apart.
     *
     * @throws IllegalArgumentException if the network has another number of classes than the data
     */
    public static Evaluation of(ResNet net, ImageFolder data) {
        return of(net, data.evaluationLoader(), data.classes());
    }

    /**
     * A network, in evaluation mode, on one epoch of a loader's images; afterwards each module is in the mode that it was in.
     *
     * @param classes the labels' names
     * @throws IllegalArgumentException             if the network has another number of classes
     * @throws thaw.finetune.images.ImageReadException if no image can be read, or the loader is strict and one cannot
     * @throws NotEnoughMemoryException             if a batch is too large
     */
    public static Evaluation of(ResNet net, BatchLoader loader, List<String> classes) {
        return of(net, loader, classes, images -> { });
    }

    /**
     * As {@link #of(ResNet, BatchLoader, List)}.
     *
     * @param progress is told after each batch how many images are done
     */
    public static Evaluation of(ResNet net, BatchLoader loader, List<String> classes, IntConsumer progress) {
        return of(net, loader, classes, Objective.standard(loader.labels()), progress);
    }

    /**
     * As {@link #of(ResNet, BatchLoader, List)}.
     *
     * @param objective whose loss is computed, and which says whether images may show several classes
     * @param progress  is told after each batch how many images are done
     */
    public static Evaluation of(ResNet net, BatchLoader loader, List<String> classes, Objective objective, IntConsumer progress) {
        InputCheck.require(net, classes);
        LabelSet labels = new LabelSet(classes, objective.multiLabel());
        PredictionPass pass = PredictionPass.over(loader.epoch(0), net, labels, objective, progress);
        Predictions predictions = pass.predictions();
        List<ClassCount> counts = objective instanceof Objective.BinaryCrossEntropy binary
                ? decisions(predictions, binary.threshold()) : images(predictions);
        return new Evaluation(counts, pass.loss(), predictions);
    }

    /**
     * Of predictions that were made already, such as those of several views of each image; the loss is the cross-entropy of their
     * probabilities.
     *
     * @param threshold above which probability an image counts as showing a class, where it may show several
     */
    public static Evaluation of(Predictions predictions, double threshold) {
        boolean several = predictions.labels().multiLabel();
        return new Evaluation(several ? decisions(predictions, threshold) : images(predictions),
                several ? binaryCrossEntropy(predictions) : crossEntropy(predictions), predictions);
    }

    /** {@code -mean(log p)} of the images' classes. */
    private static double crossEntropy(Predictions predictions) {
        double sum = 0;
        for (int i = 0; i < predictions.size(); i++) {
            sum -= log(predictions.probability(i, predictions.actual(i)));
        }
        return sum / predictions.size();
    }

    /** {@code -mean(y·log p + (1 - y)·log(1 - p))} over images and classes. */
    private static double binaryCrossEntropy(Predictions predictions) {
        double sum = 0;
        for (int i = 0; i < predictions.size(); i++) {
            for (int c = 0; c < predictions.classes(); c++) {
                double p = predictions.probability(i, c);
                sum -= log(predictions.shows(i, c) ? p : 1 - p);
            }
        }
        return sum / predictions.size() / predictions.classes();
    }

    /** At least -100, as PyTorch's {@code BCELoss} has it: a probability of 0 where the class is shown has no logarithm. */
    private static double log(double probability) {
        return Math.max(Math.log(probability), -100);
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
