package thaw.finetune.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** A measure of the quality of predictions. Implement it, or use {@link #of(String, ToDoubleFunction)}, for one of your own. */
public interface Metric {

    /** The name for tables and logs, such as {@code f1_macro}. */
    String name();

    /** The value; NaN if it is not defined. */
    double of(Predictions predictions);

    /** A metric computed by a function. */
    static Metric of(String name, ToDoubleFunction<Predictions> function) {
        return new Named(name, function);
    }

    /** A metric as a name and a function. */
    record Named(String name, ToDoubleFunction<Predictions> function) implements Metric {
        @Override
        public double of(Predictions predictions) {
            return function.applyAsDouble(predictions);
        }
    }

    /** The share of correctly classified images. */
    Metric ACCURACY = of("accuracy", predictions -> TopK.accuracy(predictions, 1));
    /** 1 − accuracy. */
    Metric ERROR_RATE = of("error_rate", predictions -> 1 - TopK.accuracy(predictions, 1));
    /** The unweighted mean of the classes' precision. */
    Metric PRECISION = of("precision_macro", p -> ConfusionMatrix.of(p).macroPrecision());
    /** The unweighted mean of the classes' recall. */
    Metric RECALL = of("recall_macro", p -> ConfusionMatrix.of(p).macroRecall());
    /** The unweighted mean of the classes' F1. */
    Metric F1 = of("f1_macro", p -> ConfusionMatrix.of(p).macroF1());
    /** The area under the ROC curve; see {@link RocAuc#of}. */
    Metric ROC_AUC = of("roc_auc", RocAuc::of);
    /** Cohen's kappa. */
    Metric KAPPA = of("kappa", p -> ConfusionMatrix.of(p).kappa());
    /** The expected calibration error with {@value CalibrationError#BINS} bins. */
    Metric CALIBRATION_ERROR = of("ece", CalibrationError::of);

    /** The share of images whose class is among the k most probable ones. */
    static Metric topK(int k) {
        return of("top_" + k + "_accuracy", predictions -> TopK.accuracy(predictions, k));
    }

    /** For images that may show several classes: the share of correct decisions. */
    static Metric accuracyMulti(double threshold) {
        return of("accuracy_multi", predictions -> MultiLabelCounts.of(predictions, threshold).accuracy());
    }

    /** For images that may show several classes: the mean F1 of the classes. */
    static Metric f1Multi(double threshold) {
        return of("f1_multi", predictions -> MultiLabelCounts.of(predictions, threshold).macroF1());
    }

    /** For images that may show several classes: the mean of the classes' average precision. */
    static Metric meanAveragePrecision() {
        return of("map", predictions -> MultiLabelCounts.of(predictions, 0.5).meanAveragePrecision());
    }

    /** The metrics of images that show one class each; with {@link #topK} for k = 5 if there are more than 5 classes. */
    static List<Metric> single(int classes) {
        List<Metric> all = new ArrayList<>(
                List.of(ACCURACY, ERROR_RATE, PRECISION, RECALL, F1, ROC_AUC, KAPPA, CALIBRATION_ERROR));
        if (classes > 5) {
            all.add(2, topK(5));
        }
        return List.copyOf(all);
    }

    /** The metrics of images that may show several classes. */
    static List<Metric> multi(double threshold) {
        return List.of(accuracyMulti(threshold), f1Multi(threshold), ROC_AUC, meanAveragePrecision());
    }
}
