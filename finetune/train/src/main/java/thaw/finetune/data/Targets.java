package thaw.finetune.data;

import java.util.List;

/** The target outputs of a network for the images of a batch. */
public sealed interface Targets {
    /**
     * One class for each image.
     *
     * @param labels {@code [N]}, indices of classes
     */
    record ClassNumbers(int[] labels) implements Targets {
    }

    /**
     * A number for each image and class: probabilities for mixed single-label images; 1 or 0, or fractions if mixed, for images
     * of several labels.
     *
     * @param values  {@code [N, C]}, row by row
     * @param classes C
     */
    record Matrix(float[] values, int classes) implements Targets {
    }

    static ClassNumbers classNumbers(List<Sample> samples) {
        return new ClassNumbers(samples.stream().mapToInt(Sample::label).toArray());
    }

    /** A matrix with 1 if an image shows a class, and 0 otherwise. */
    static Matrix matrix(List<Sample> samples, int classes) {
        float[] values = new float[samples.size() * classes];
        for (int i = 0; i < samples.size(); i++) {
            for (int label : samples.get(i).labels()) {
                values[i * classes + label] = 1;
            }
        }
        return new Matrix(values, classes);
    }
}
