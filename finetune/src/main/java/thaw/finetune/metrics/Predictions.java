package thaw.finetune.metrics;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.Csv;
import thaw.finetune.data.LabelSet;
import thaw.finetune.data.Sample;

/**
 * What a network says of images, beside what they show. Where its numbers overflow, or its weights are no numbers, a probability
 * is NaN, and the image is {@linkplain #isDefined undefined}: nothing is predicted of it, and whatever it shows counts as not
 * found.
 *
 * @param labels        the classes
 * @param samples       the images, with their classes
 * @param probabilities {@code [images][classes]}: of one image they add up to 1 or, where it may show several classes, each is
 *                      from 0 to 1 by itself
 */
public record Predictions(LabelSet labels, List<Sample> samples, List<double[]> probabilities) {
    public Predictions {
        samples = List.copyOf(samples);
        probabilities = List.copyOf(probabilities);
        if (samples.size() != probabilities.size()) {
            throw new IllegalArgumentException("predictions: " + samples.size() + " images, but probabilities of "
                    + probabilities.size());
        }
        for (double[] row : probabilities) {
            if (row.length != labels.classes().size()) {
                throw new IllegalArgumentException("predictions: expected a probability for each of " + labels.classes().size()
                        + " classes, got " + row.length);
            }
        }
    }

    /** Number of images. */
    public int size() {
        return samples.size();
    }

    /** Number of classes. */
    public int classes() {
        return labels.classes().size();
    }

    public double probability(int image, int label) {
        return probabilities.get(image)[label];
    }

    /** Whether all probabilities of an image are finite numbers. */
    public boolean isDefined(int image) {
        return DoubleStream.of(probabilities.get(image)).allMatch(Double::isFinite);
    }

    /** The images of which nothing is predicted, by index. */
    public int[] undefined() {
        return IntStream.range(0, size()).filter(image -> !isDefined(image)).toArray();
    }

    /** The most probable class of an image, the first of equals; -1 where it is not {@linkplain #isDefined defined}. */
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

    /** Whether an image shows a class. */
    public boolean shows(int image, int label) {
        return samples.get(image).labels().contains(label);
    }

    /**
     * Writes a table: a record for each image with its file, the classes that it shows and those predicted (the most probable, or
     * where it may show several all above the threshold, with {@code ;} between them), and a column of probabilities for each
     * class. Of an image that is not defined, the predicted classes and probabilities that are not finite are empty. What was
     * there before is replaced when the new table is complete.
     *
     * @param threshold for images of several labels
     * @throws IOException if writing fails
     */
    public void writeCsv(Path file, double threshold) throws IOException {
        List<String> header = new ArrayList<>(List.of("file", "label", "predicted"));
        header.addAll(labels.classes());
        StringBuilder table = new StringBuilder(Csv.line(header));
        for (int i = 0; i < size(); i++) {
            List<String> fields = new ArrayList<>();
            fields.add(samples.get(i).file().toString());
            fields.add(names(samples.get(i).labels()));
            fields.add(!isDefined(i) ? "" : names(labels.multiLabel() ? above(i, threshold) : List.of(predicted(i))));
            for (double probability : probabilities.get(i)) {
                fields.add(Double.isFinite(probability) ? Float.toString((float) probability) : "");
            }
            table.append(Csv.line(fields));
        }
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(table.toString());
        AtomicFile.write(file, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
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

    private String names(List<Integer> numbers) {
        return String.join(";", numbers.stream().map(labels.classes()::get).toList());
    }
}
