package thaw.finetune.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A measure of the quality of predictions, with a name for tables, logs and options.
 *
 * @param name such as {@code f1_macro}
 * @param of   computes the value; NaN if it is not defined
 */
public record Metric(String name, ToDoubleFunction<Predictions> of) {
    private static final int TOP_K = 5;

    /** The share of correctly classified images. */
    public static final Metric ACCURACY = new Metric("accuracy", predictions -> TopK.accuracy(predictions, 1));
    /** 1 − accuracy. */
    public static final Metric ERROR_RATE = new Metric("error_rate", predictions -> 1 - TopK.accuracy(predictions, 1));
    /** The unweighted mean of the classes' precision. */
    public static final Metric PRECISION = new Metric("precision_macro", p -> ConfusionMatrix.of(p).macroPrecision());
    /** The unweighted mean of the classes' recall. */
    public static final Metric RECALL = new Metric("recall_macro", p -> ConfusionMatrix.of(p).macroRecall());
    /** The unweighted mean of the classes' F1. */
    public static final Metric F1 = new Metric("f1_macro", p -> ConfusionMatrix.of(p).macroF1());
    /** The area under the ROC curve; see {@link RocAuc#of}. */
    public static final Metric ROC_AUC = new Metric("roc_auc", RocAuc::of);
    /** Cohen's kappa. */
    public static final Metric KAPPA = new Metric("kappa", p -> ConfusionMatrix.of(p).kappa());
    /** The expected calibration error with {@value CalibrationError#BINS} bins. */
    public static final Metric CALIBRATION_ERROR = new Metric("ece", CalibrationError::of);

    /** The share of images whose class is among the k most probable ones. */
    public static Metric topK(int k) {
        return new Metric("top_" + k + "_accuracy", predictions -> TopK.accuracy(predictions, k));
    }

    /** For images that may show several classes: the share of correct decisions. */
    public static Metric accuracyMulti(double threshold) {
        return new Metric("accuracy_multi", predictions -> MultiLabelCounts.of(predictions, threshold).accuracy());
    }

    /** For images that may show several classes: the mean F1 of the classes. */
    public static Metric f1Multi(double threshold) {
        return new Metric("f1_multi", predictions -> MultiLabelCounts.of(predictions, threshold).macroF1());
    }

    /** For images that may show several classes: the mean of the classes' average precision. */
    public static Metric meanAveragePrecision() {
        return new Metric("map", predictions -> MultiLabelCounts.of(predictions, 0.5).meanAveragePrecision());
    }

    /** The metrics of images that show one class each; with {@link #topK} for k = 5 if there are more than 5 classes. */
    public static List<Metric> single(int classes) {
        List<Metric> all = new ArrayList<>(
                List.of(ACCURACY, ERROR_RATE, PRECISION, RECALL, F1, ROC_AUC, KAPPA, CALIBRATION_ERROR));
        if (classes > TOP_K) {
            all.add(2, topK(TOP_K));
        }
        return List.copyOf(all);
    }

    /** The metrics of images that may show several classes. */
    public static List<Metric> multi(double threshold) {
        return List.of(accuracyMulti(threshold), f1Multi(threshold), ROC_AUC, meanAveragePrecision());
    }
}
