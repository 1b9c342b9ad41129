package thaw.finetune.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch of images in Java arrays. They belong to the loader, which overwrites {@code images} when the next batch is requested:
 * copy them to keep them.
 *
 * @param images  {@code [size, 3, side, side]}, normalized, rows contiguous; or {@code [size, features]}, see {@link
 *                BatchLoader#onFeatures}
 * @param targets the images' classes
 * @param size    the number of images; less than the others in an epoch's last batch, and in one with broken images
 * @param side    the side of each image, in pixels; 0 for features
 * @param files   the file of each image
 */
public record RawBatch(float[] images, Targets targets, int size, int side, List<Path> files) {
    /** A batch of images of one class each. */
    public RawBatch(float[] images, int[] labels, int size, int side, List<Path> files) {
        this(images, new Targets.ClassNumbers(labels), size, side, files);
    }

    /**
     * The class of each image: {@code [size]} indices.
     *
     * @throws IllegalStateException if images may show several classes, or were mixed
     */
    public int[] labels() {
        if (targets instanceof Targets.ClassNumbers numbers) {
            return numbers.labels();
        }
        throw new IllegalStateException("the batch has no single class per image, because images have several labels or were "
                + "mixed; use targets()");
    }

    /**
     * The images with their classes.
     *
     * @throws IllegalStateException if the images were mixed
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
                throw new IllegalStateException("the batch's images were mixed, so their classes are fractions; use targets()");
            }
            if (value == 1) {
                labels.add(c);
            }
        }
        return labels;
    }

    /**
     * The size of a batch, for messages.
     *
     * @param batch null while no batch has been prepared
     */
    public static String describe(RawBatch batch) {
        if (batch != null && batch.side() == 0) {
            return "the features of a batch of " + batch.size() + " images";
        }
        return batch == null ? "preparing images"
                : "a batch of " + batch.size() + " images of " + batch.side() + " x " + batch.side() + " pixels";
    }
}
