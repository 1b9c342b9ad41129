package thaw.finetune.train;

import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.nn.Linear;
import thaw.engine.nn.Module;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.Network;

/**
 * {@link TemperatureScaling} of a model: probabilities are softmax(s/T) of the scores s, with the T from 0.05 to 20 that minimises the
 * cross-entropy on images that were not trained on. It changes no predicted class. A network of few training images is usually too sure
 * of itself: then T is above 1.
 *
 * @param temperature T
 * @param before      the predictions for the validation images at T = 1
 * @param after       the predictions if each fifth of the images has the T of the others
 */
public record Calibration(double temperature, Predictions before, Predictions after) {
    /** Fewer images leave T to chance. */
    private static final int LEAST_IMAGES = 100;
    private static final int FOLDS = 5;
    private static final double COLDEST = 0.05;
    private static final double HOTTEST = 20;

    /**
     * The calibration by predictions for validation images; empty if images may show several classes, if a score is not finite, or for fewer
     * than 100 images.
     */
    public static Optional<Calibration> of(Predictions valid) {
        if (valid.labels().multiLabel() || valid.size() < LEAST_IMAGES || valid.undefined().length > 0) {
            return Optional.empty();
        }
        double[][] calibrated = new double[valid.size()][];
        for (int fold = 0; fold < FOLDS; fold++) {
            int held = fold;
            double temperature = temperature(valid, IntStream.range(0, valid.size()).filter(i -> i % FOLDS != held).toArray());
            for (int i = held; i < calibrated.length; i += FOLDS) {
                calibrated[i] = scaled(valid.probabilities().get(i), temperature);
            }
        }
        return Optional.of(new Calibration(temperature(valid, IntStream.range(0, valid.size()).toArray()), valid,
                new Predictions(valid.labels(), valid.samples(), List.of(calibrated))));
    }

    private static double temperature(Predictions valid, int[] images) {
        double[][] scores = IntStream.of(images).mapToObj(i -> DoubleStream.of(valid.probabilities().get(i))
                .map(p -> Math.log(Math.max(Double.MIN_NORMAL, p))).toArray()).toArray(double[][]::new);
        double factor = TemperatureScaling.of(scores, IntStream.of(images).map(valid::actual).toArray()).factor();
        return Math.max(COLDEST, Math.min(HOTTEST, 1 / factor));
    }

    /** softmax(log p / T), which is softmax(s/T) if p is softmax(s). */
    static double[] scaled(double[] probabilities, double temperature) {
        double most = 0;
        for (double p : probabilities) {
            most = Math.max(most, p);
        }
        double[] scaled = new double[probabilities.length];
        double sum = 0;
        for (int c = 0; c < scaled.length; c++) {
            scaled[c] = Math.pow(probabilities[c] / most, 1 / temperature);
            sum += scaled[c];
        }
        for (int c = 0; c < scaled.length; c++) {
            scaled[c] /= sum;
        }
        return scaled;
    }

    /** An evaluation with the calibrated probabilities, and their cross-entropy. */
    public Evaluation applyTo(Evaluation plain) {
        Predictions from = plain.predictions();
        Predictions calibrated = new Predictions(from.labels(), from.samples(),
                from.probabilities().stream().map(row -> scaled(row, temperature)).toList());
        Evaluation applied = Evaluation.of(calibrated, 0.5);
        return new Evaluation(applied.classes(), applied.loss(), calibrated, plain.features());
    }

    /**
     * The model with its last linear layer divided by T, so that its scores are s/T wherever it is loaded. A network without a linear
     * layer stays as it is.
     */
    public ModelFile applyTo(ModelFile model, Device device) {
        Network net = model.toNet(device);
        try {
            Linear last = null;
            for (Module module : net.namedModules().values()) {
                last = module instanceof Linear linear ? linear : last;
            }
            if (last == null) {
                return model;
            }
            for (Tensor parameter : last.parameters()) {
                float[] values = parameter.toFloats();
                for (int i = 0; i < values.length; i++) {
                    values[i] /= (float) temperature;
                }
                parameter.set(values);
            }
            return model.with(net, model.known());
        } finally {
            net.release();
        }
    }
}
