package thaw.finetune.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch before it is a tensor. The arrays belong to the loader, which fills {@code images} anew once the next batch is
 * asked for: copy them to keep them.
 *
 * @param images  {@code [size, 3, side, side]}, normalized, rows contiguous; or {@code [size, features]}, see {@link
 *                BatchLoader#onFeatures}
 * @param targets what they show
 * @param size    number of images; the last batch of an epoch, and one with broken images in it, may have fewer than the others
 * @param side    of each image, in pixels; 0 where there are features in their place
 * @param files   where each image came from
 */
public record RawBatch(float[] images, Targets targets, int size, int side, List<Path> files) {
    /** A batch of images of one class each. */
    public RawBatch(float[] images, int[] labels, int size, int side, List<Path> files) {
        this(images, new Targets.ClassNumbers(labels), size, side, files);
    }

    /**
     * {@code [size]}, indices of classes.
     *
     * @throws IllegalStateException if images may show several classes, or were mixed
     */
    public int[] labels() {
        if (targets instanceof Targets.ClassNumbers numbers) {
            return numbers.labels();
        }
        throw new IllegalStateException("the batch has a number for each class rather than one class for each image, since "
                + "images have several labels or were mixed; ask for targets()");
    }

    /**
     * The images with their classes, of a batch whose images were not mixed.
     *
     * @throws IllegalStateException if they were
     */
    public List<Sample> samples() {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            samples.add(new Sample(files.get(i), labels(i)));
        }
        return samples;
    }

    private List<Integer> labels(int image) {
        if (!(targets instanceof Targets.Matrix matrix)) {
            return List.of(labels()[image]);
        }
        List<Integer> labels = new ArrayList<>();
        for (int c = 0; c < matrix.classes(); c++) {
            float value = matrix.values()[image * matrix.classes() + c];
            if (value != 0 && value != 1) {
                throw new IllegalStateException("the batch's images were mixed, and show classes in part; ask for targets()");
            }
            if (value == 1) {
                labels.add(c);
            }
        }
        return labels;
    }
}
