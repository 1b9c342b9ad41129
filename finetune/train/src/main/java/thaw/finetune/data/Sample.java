package thaw.finetune.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * An image file and the classes that it shows.
 *
 * @param labels class indices, from 0: one, or for images that may show several classes any number of different ones
 */
public record Sample(Path file, List<Integer> labels) {
    /** @throws IllegalArgumentException if a label is negative or occurs twice */
    public Sample {
        Objects.requireNonNull(file, "file");
        labels = List.copyOf(labels);
        if (labels.stream().anyMatch(label -> label < 0)) {
            throw new IllegalArgumentException(file + ": expected a label from 0, got " + labels);
        }
        if (labels.stream().distinct().count() != labels.size()) {
            throw new IllegalArgumentException(file + ": expected different labels, got " + labels);
        }
    }

    /** An image of one class. */
    public Sample(Path file, int label) {
        this(file, List.of(label));
    }

    /**
     * The only class.
     *
     * @throws IllegalStateException if the image has several labels, or none
     */
    public int label() {
        if (labels.size() != 1) {
            throw new IllegalStateException(file + ": has the labels " + labels + ", expected exactly one; use labels()");
        }
        return labels.get(0);
    }
}
