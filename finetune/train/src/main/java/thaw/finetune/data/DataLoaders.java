package thaw.finetune.data;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.Flip;
import thaw.finetune.images.Crop;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.LabelSet;

/**
 * A loader of training and one of validation batches, of the same classes and for the same transforms: the data that a
 * {@code Learner} trains on.
 *
 * @param unreadable entries of the data set that were left out because they cannot be opened
 */
public record DataLoaders(BatchLoader train, BatchLoader valid, List<BrokenImage> unreadable) {
    /** @throws IllegalArgumentException if there are fewer than two classes, or the loaders' classes or transforms differ */
    public DataLoaders {
        unreadable = List.copyOf(unreadable);
        if (train.labels().classes().size() < 2) {
            throw new IllegalArgumentException("training needs at least two classes, got " + train.labels().classes());
        }
        if (!train.labels().equals(valid.labels())) {
            throw new IllegalArgumentException("expected the same labels for training and validation, got " + train.labels()
                    + " and " + valid.labels());
        }
        if (!train.transforms().equals(valid.transforms())) {
            throw new IllegalArgumentException("expected the same transforms for training and validation, got "
                    + train.transforms() + " and " + valid.transforms());
        }
    }

    /** Loaders of data sets without unreadable entries. */
    public DataLoaders(BatchLoader train, BatchLoader valid) {
        this(train, valid, List.of());
    }

    /** The classes, and whether an image may show several. */
    public LabelSet labels() {
        return train.labels();
    }

    /** The class names; a label is an index into them. */
    public List<String> classes() {
        return labels().classes();
    }

    /** The transforms that prepare images. */
    public Transforms transforms() {
        return train.transforms();
    }

    /** The number of images in a training batch. */
    public int batch() {
        return train.options.batch;
    }

    /** Loaders of the same images at {@code size × size} pixels; 0 for the present size. */
    public DataLoaders size(int size) {
        if (size == 0 || size == transforms().size()) {
            return this;
        }
        Transforms otherwise = transforms().size(size);
        return new DataLoaders(train.prepared(otherwise), valid.prepared(otherwise), unreadable);
    }

    /**
     * Loaders of the same epochs with precomputed features instead of images; see {@link BatchLoader#onFeatures}.
     *
     * @param ofTrain those of the training images
     * @param ofValid those of the validation images
     */
    public DataLoaders onFeatures(ImageFeatures ofTrain, ImageFeatures ofValid) {
        return new DataLoaders(train.onFeatures(ofTrain), valid.onFeatures(ofValid), unreadable);
    }

    /** The images that could not be opened or decoded, in training and validation. */
    public List<BrokenImage> broken() {
        return Stream.of(unreadable, train.broken(), valid.broken()).flatMap(List::stream).toList();
    }

    /** Whether either loader had images at two scales; see {@link BatchLoader#mixesScales}. */
    public boolean mixesScales() {
        return train.mixesScales() || valid.mixesScales();
    }

    /** Whether training may mirror an image left to right. */
    public boolean isFlipped() {
        return train.options.augmentation.map(all -> all.transforms().stream().anyMatch(Flip.class::isInstance))
                .orElse(transforms().flip());
    }

    /**
     * Whether training changes images by no more than mirroring them; then a frozen body's features can be computed once per
     * image and mirror image.
     */
    public boolean isFlippedAtMost() {
        return transforms().crop() == Crop.CENTER && train.options.mix.isEmpty()
                && train.options.augmentation.map(Augmentation::flipsAtMost).orElse(true);
    }

    /** The changes to training images besides mirroring, as a text to follow "images are"; may be empty. */
    public String variation() {
        List<String> kinds = new ArrayList<>();
        if (transforms().crop() == Crop.RANDOM) {
            kinds.add("cropped at random");
        }
        train.options.augmentation.filter(all -> !all.flipsAtMost()).ifPresent(all -> kinds.add("varied by "
                + all.transforms().stream().map(one -> one.getClass().getSimpleName()).collect(joining(", "))));
        train.options.mix.ifPresent(mix -> kinds.add("mixed with one another"));
        return String.join(" and ", kinds);
    }
}
