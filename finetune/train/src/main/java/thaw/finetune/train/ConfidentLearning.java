package thaw.finetune.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
 * the confident class of an image is the most probable one among those with p_c ≥ t_c; a label is probably wrong if the confident class
 * is another.
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

    /** Whether the confident class of an image is not its label. */
    public boolean isWrong(int image) {
        int confident = IntStream.range(0, predictions.classes())
                .filter(c -> predictions.probability(image, c) >= thresholds.get(c)).boxed()
                .max(Comparator.comparingDouble(c -> predictions.probability(image, c))).orElse(predictions.actual(image));
        return confident != predictions.actual(image);
    }

    /** The images that are {@link #isWrong wrong}, then others with a more probable class than their label; each the least probable label first. */
    public List<Integer> ranking() {
        Map<Boolean, List<Integer>> byWrong = IntStream.range(0, predictions.size()).boxed().filter(predictions::isDefined)
                .sorted(Comparator.comparingDouble(i -> predictions.probability(i, predictions.actual(i))))
                .collect(Collectors.partitioningBy(this::isWrong));
        return Stream.concat(byWrong.get(true).stream(),
                byWrong.get(false).stream().filter(i -> predictions.predicted(i) != predictions.actual(i))).toList();
    }
}
