package thaw.finetune.data;

import java.util.List;

/** What a network should say of the images of a batch. */
public sealed interface Targets {
    /**
     * One class for each image.
     *
     * @param labels {@code [N]}, indices of classes
     */
    record ClassNumbers(int[] labels) implements Targets {
    }

    /**
     * A number for each image and class: a probability of single-label images that were mixed, or 1 and 0 (and what mixing makes
     * of them) where an image may show several classes.
     *
     * @param values  {@code [N, C]}, row by row
     * @param classes C
     */
    record Matrix(float[] values, int classes) implements Targets {
    }

    static ClassNumbers classNumbers(List<Sample> samples) {
        return new ClassNumbers(samples.stream().mapToInt(Sample::label).toArray());
    }

    /** 1 where an image shows a class, 0 elsewhere. */
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
