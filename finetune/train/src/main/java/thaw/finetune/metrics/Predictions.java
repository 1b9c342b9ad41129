package thaw.finetune.metrics;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import thaw.finetune.data.Csv;
import thaw.finetune.data.Sample;
import thaw.finetune.predict.LabelSet;

/**
 * A network's predictions for images, with the images' actual classes. If the network's activations overflow, or its weights are
 * NaN, probabilities are NaN, and the image is {@linkplain #isDefined undefined}: it has no predicted class, and the classes that
 * it shows count as not found.
 *
 * @param labels        the classes
 * @param samples       the images, with their classes
 * @param probabilities {@code [images][classes]}: an image's probabilities sum to 1 or, if images may show several classes, are
 *                      each from 0 to 1 independently; the arrays are not copied
 */
public record Predictions(LabelSet labels, List<Sample> samples, List<double[]> probabilities) {
    /** @throws IllegalArgumentException if the numbers of samples and rows, or of classes and probabilities, differ */
    public Predictions {
        samples = List.copyOf(samples);
        probabilities = List.copyOf(probabilities);
        if (samples.size() != probabilities.size()) {
            throw new IllegalArgumentException("predictions: " + samples.size() + " images, but probabilities for "
                    + probabilities.size());
        }
        for (double[] row : probabilities) {
            if (row.length != labels.classes().size()) {
                throw new IllegalArgumentException("predictions: expected a probability for each of " + labels.classes().size()
                        + " classes, got " + row.length);
            }
        }
    }

    /** The number of images. */
    public int size() {
        return samples.size();
    }

    /** The number of classes. */
    public int classes() {
        return labels.classes().size();
    }

    /** The probability of a class for an image. */
    public double probability(int image, int label) {
        return probabilities.get(image)[label];
    }

    /** Whether all probabilities of an image are finite. */
    public boolean isDefined(int image) {
        return DoubleStream.of(probabilities.get(image)).allMatch(Double::isFinite);
    }

    /** The indices of images that are not {@linkplain #isDefined defined}. */
    public int[] undefined() {
        return IntStream.range(0, size()).filter(image -> !isDefined(image)).toArray();
    }

    /** The most probable class of an image, the first in a tie; -1 if the image is not {@linkplain #isDefined defined}. */
    public int predicted(int image) {
        if (!isDefined(image)) {
            return -1;
        }
        double[] row = probabilities.get(image);
        int best = 0;
        for (int c = 1; c < row.length; c++) {
            best = row[c] > row[best] ? c : best;
        }
        return best;
    }

    /**
     * The class that an image shows.
     *
     * @throws IllegalStateException if it shows several, or none
     */
    public int actual(int image) {
        return samples.get(image).label();
    }

    /**
     * The cross-entropy of an image: {@code -log p} with the probability p of its class or, if images may show several, the mean over
     * the classes of {@code -(y·log p + (1 - y)·log(1 - p))}. NaN if the image is not {@linkplain #isDefined defined}. Logarithms are at
     * least -100, as in PyTorch's {@code BCELoss}, because that of a probability 0 is infinite.
     */
    public double loss(int image) {
        if (!labels.multiLabel()) {
            return -log(probability(image, actual(image)));
        }
        return IntStream.range(0, classes()).mapToDouble(label -> loss(image, label)).average().orElse(Double.NaN);
    }

    /** The term of a class in the {@linkplain #loss(int) loss} of an image that may show several. */
    public double loss(int image, int label) {
        double p = probability(image, label);
        return -log(shows(image, label) ? p : 1 - p);
    }

    private static double log(double probability) {
        return Math.max(Math.log(probability), -100);
    }

    /** @throws IllegalArgumentException if images may show several classes, which {@code metric} does not allow */
    void requireSingleLabel(String metric) {
        if (labels.multiLabel()) {
            throw new IllegalArgumentException(metric + " requires images that show one class each; these may show several: use "
                    + "MultiLabelCounts");
        }
    }

    /** Whether an image shows a class. */
    public boolean shows(int image, int label) {
        return samples.get(image).labels().contains(label);
    }

    /**
     * Writes a CSV table with a record for each image: its file, its actual classes, its predicted classes (the most probable
     * one, or all above the threshold if images may show several), and the probability of each class. Several classes are
     * separated by {@code ;}. Predicted classes of an undefined image, and probabilities that are not finite, are left empty.
     * An existing file is replaced atomically.
     *
     * @param threshold used only if images may show several classes
     * @throws IOException if writing fails
     */
    public void writeCsv(Path file, double threshold) throws IOException {
        List<String> header = new ArrayList<>(List.of("file", "label", "predicted"));
        header.addAll(labels.classes());
        List<List<String>> table = new ArrayList<>(List.of(header));
        for (int i = 0; i < size(); i++) {
            List<String> fields = new ArrayList<>();
            fields.add(samples.get(i).file().toString());
            fields.add(String.join(";", labels.names(samples.get(i).labels())));
            fields.add(!isDefined(i) ? "" : String.join(";", labels.names(labels.multiLabel() ? above(i, threshold)
                    : List.of(predicted(i)))));
            for (double probability : probabilities.get(i)) {
                fields.add(Double.isFinite(probability) ? Float.toString((float) probability) : "");
            }
            table.add(fields);
        }
        Csv.write(file, table);
    }

    private List<Integer> above(int image, double threshold) {
        List<Integer> above = new ArrayList<>();
        for (int c = 0; c < classes(); c++) {
            if (probability(image, c) > threshold) {
                above.add(c);
            }
        }
        return above;
    }
}
