package thaw.finetune.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import thaw.finetune.data.Sample;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.Probabilities;

/**
 * Labels that are probably wrong (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR
 * 2021). The probabilities p of an image are those of a {@link RidgeHead} that was fitted to the others. With the threshold of a class
 *
 * <pre>
 * t_c = the mean of p_c over the images labelled c
 * </pre>
 *
 * a label is probably wrong if another class c is the most probable, with p_c ≥ t_c. The authors leave out classes below their thresholds
 * before they take the most probable; then a class of a few images, with a threshold near 0, takes the images of all others.
 *
 * @param predictions the images with their labels and p
 * @param thresholds  t by class; NaN for a class without images
 */
public record ConfidentLearning(Predictions predictions, List<Double> thresholds) {

    /** Copies the list. */
    public ConfidentLearning {
        thresholds = List.copyOf(thresholds);
    }

    /**
     * Fits heads to images of one class each. More than 5,000 images are divided evenly among several heads, so that memory grows with the
     * number of images, and time too.
     *
     * @param features of each image, finite, all of one length
     */
    public static ConfidentLearning of(LabelSet labels, List<Sample> samples, List<float[]> features) {
        int heads = Math.max(1, (samples.size() + ClosedFormHead.MOST_IMAGES - 1) / ClosedFormHead.MOST_IMAGES);
        List<double[]> probabilities = new ArrayList<>(Collections.nCopies(samples.size(), new double[0]));
        for (int head = 0; head < heads; head++) {
            int first = head;
            int[] images = IntStream.range(0, samples.size()).filter(i -> i % heads == first).toArray();
            double[][] scores = RidgeHead.fit(
                    new DMatrixRMaj(ClosedFormHead.doubles(IntStream.of(images).mapToObj(features::get).toList())),
                    IntStream.of(images).map(i -> samples.get(i).label()).toArray(), labels.classes().size()).held();
            for (int i = 0; i < images.length; i++) {
                probabilities.set(images[i], Probabilities.of(floats(scores[i]), false));
            }
        }
        Predictions predictions = new Predictions(labels, samples, probabilities);
        return new ConfidentLearning(predictions, IntStream.range(0, predictions.classes())
                .mapToObj(c -> IntStream.range(0, predictions.size()).filter(i -> predictions.actual(i) == c)
                        .mapToDouble(i -> predictions.probability(i, c)).average().orElse(Double.NaN))
                .toList());
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** Whether the label of an image is probably wrong. */
    public boolean isWrong(int image) {
        int predicted = predictions.predicted(image);
        return predicted >= 0 && predicted != predictions.actual(image)
                && predictions.probability(image, predicted) >= thresholds.get(predicted);
    }

    /** The images with a more probable class than their label: first those that are {@link #isWrong wrong}, the least probable label first. */
    public List<Integer> ranking() {
        return IntStream.range(0, predictions.size()).boxed()
                .filter(i -> predictions.isDefined(i) && predictions.predicted(i) != predictions.actual(i))
                .sorted(Comparator.comparing((Integer i) -> !isWrong(i))
                        .thenComparingDouble(i -> predictions.probability(i, predictions.actual(i))))
                .toList();
    }
}
