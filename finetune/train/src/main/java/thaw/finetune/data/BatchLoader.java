package thaw.finetune.data;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.LabelSet;

/**
 * A loader: makes the batches of each epoch from a {@link Dataset}. Threads exist only while an epoch is open.
 *
 * <p>The image at index {@code i} of the list is augmented in epoch {@code e} by a random stream of (seed, e, i), batches are
 * mixed by one of (seed, e, batch), and the order of the epoch is drawn from one of (seed, e). The result does not depend on the
 * number of threads, and any epoch can be repeated.
 */
public final class BatchLoader {
    /* Keys that separate other draws from those of the images, whose last key is an index from 0. */
    private static final long ORDER = -1;
    private static final long MIX = -2;
    private static final long AUGMENTED_IN_ORDER = -3;
    private static final long NETWORK = -4;

    /** The order and the preparation of images in an epoch. */
    enum Pass {
        /** Shuffled or balanced, augmented and mixed. */
        TRAINING,
        /** In order, without random changes. */
        EVALUATION,
        /** In order, every image mirrored left to right. */
        MIRRORED,
        /** In order, augmented as in training. */
        AUGMENTED_IN_ORDER
    }

    /** The values of a data set's samples as the rows of a batch. */
    interface Rows {
        /** The number of values of a sample. */
        int length();

        /** The side of a sample's image in pixels; 0 for features. */
        int side();

        /**
         * Writes the values of one sample.
         *
         * @param random the stream of the sample and the epoch
         * @throws ImageReadException if the image cannot be read
         */
        void write(int index, Pass pass, SplittableRandom random, float[] values, int offset);
    }

    private final Dataset data;
    private final List<Sample> samples;
    private final LabelSet labels;
    private final Transforms transforms;
    final LoaderOptions options;
    private final PreparedImages images;
    /** The rows of batches: {@code images}, or features in their place. */
    private final Rows values;
    private final Queue<float[]> buffers = new ConcurrentLinkedQueue<>();
    /** Broken images by index; shared with the loaders derived from this one. */
    private final Map<Integer, BrokenImage> broken;
    private final PreparedImages.Scales scales;

    /** A loader of images of one class each; see {@link #BatchLoader(List, LabelSet, Transforms, LoaderOptions)}. */
    public BatchLoader(List<Sample> samples, Transforms transforms, LoaderOptions options) {
        this(samples, numbered(samples), transforms, options);
    }

    /** A loader of image files; see {@link #BatchLoader(Dataset, LabelSet, Transforms, LoaderOptions)}. */
    public BatchLoader(List<Sample> samples, LabelSet labels, Transforms transforms, LoaderOptions options) {
        this(new Dataset.OfFiles(samples, options.maxPixels), labels, transforms, options);
    }

    /**
     * A loader of a data set.
     *
     * @throws IllegalArgumentException if there is no image, {@code dropLast} drops the only batch, a label is not among
     *                                  {@code labels}, a batch exceeds the length of an array, or {@code balanced} is set for
     *                                  images of several labels
     */
    public BatchLoader(Dataset data, LabelSet labels, Transforms transforms, LoaderOptions options) {
        this(data, labels, transforms, options, Optional.empty(), new ConcurrentSkipListMap<>(), new PreparedImages.Scales());
    }

    private BatchLoader(Dataset data, LabelSet labels, Transforms transforms, LoaderOptions options,
            Optional<ImageFeatures> features, Map<Integer, BrokenImage> broken, PreparedImages.Scales scales) {
        this.data = data;
        this.samples = IntStream.range(0, data.length()).mapToObj(data::sample).toList();
        this.labels = labels;
        this.transforms = Objects.requireNonNull(transforms, "transforms");
        this.options = options;
        this.broken = broken;
        this.scales = scales;
        this.images = new PreparedImages(data, transforms, options, scales);
        this.values = features.map(known -> known.of(samples, images)).orElse(images);
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("a loader needs at least one image, got none");
        }
        if (images() == 0) {
            throw new IllegalArgumentException("dropLast leaves no batch: " + samples.size() + " images, batches of "
                    + options.batch + "; use smaller batches");
        }
        long floats = 3L * transforms.size() * transforms.size() * options.batch;
        if (floats > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("a batch of " + options.batch + " images of " + transforms.size() + " x "
                    + transforms.size() + " pixels has too many values for one array; use smaller batches or images");
        }
        if (labels.multiLabel() && options.sampler == Sampler.BALANCED) {
            throw new IllegalArgumentException("balanced: images of several labels cannot be drawn equally often for each class; "
                    + "weight the loss instead");
        }
        samples.forEach(this::requireKnown);
        if (!(data instanceof Dataset.OfFiles)) {
            requireDistinct();
        }
    }

    /** A loader of the same images in order and without augmentation, in batches of the same size. */
    public BatchLoader inOrder() {
        return new BatchLoader(data, labels, transforms, options.training(false).cacheBytes(0), Optional.empty(), broken, scales);
    }

    /** A loader of the same images with other transforms, such as another size. */
    public BatchLoader prepared(Transforms otherwise) {
        return new BatchLoader(data, labels, otherwise, options, Optional.empty(), broken, scales);
    }

    /**
     * A loader of the same epochs with features of a network's frozen body instead of images. They are neither augmented nor
     * mixed; if there are features of mirror images, they replace the plain ones wherever the image would have been flipped.
     */
    public BatchLoader onFeatures(ImageFeatures features) {
        return new BatchLoader(data, labels, transforms, options.mix(Optional.empty()).cacheBytes(0), Optional.of(features),
                broken, scales);
    }

    private static LabelSet numbered(List<Sample> samples) {
        int most = samples.stream().mapToInt(Sample::label).max().orElse(0);
        return new LabelSet(IntStream.rangeClosed(0, most).mapToObj(Integer::toString).toList(), false);
    }

    /** Results are listed by file, and features are found by it. */
    private void requireDistinct() {
        Set<Path> files = new HashSet<>();
        for (Sample sample : samples) {
            if (!files.add(sample.file())) {
                throw new IllegalArgumentException("data set: expected a different file name for each sample, got "
                        + sample.file() + " twice");
            }
        }
    }

    private void requireKnown(Sample sample) {
        boolean fits = labels.multiLabel() || sample.labels().size() == 1;
        if (!fits || sample.labels().stream().anyMatch(label -> label >= labels.classes().size())) {
            throw new IllegalArgumentException(sample.file() + ": has the labels " + sample.labels() + "; expected "
                    + (labels.multiLabel() ? "numbers" : "one number") + " below " + labels.classes().size());
        }
    }

    /** The number of images in an epoch, broken ones included; less than the list's if {@link #batches} omits the last batch. */
    public int images() {
        return images(options.training ? Pass.TRAINING : Pass.EVALUATION);
    }

    int images(Pass pass) {
        int count = pass == Pass.TRAINING ? options.sampler.length(samples.size()) : samples.size();
        int rest = count % options.batch;
        /* Batch norm over a single 1 x 1 activation has no variance; a last batch of one image would fail in training. */
        boolean lone = options.training && rest == 1 && count > 1;
        return options.dropLast || lone ? count - rest : count;
    }

    /**
     * The number of batches in an epoch. A smaller last batch counts, unless {@code dropLast} is set or, in training, it has a
     * single image. An epoch has fewer batches if all images of one are broken.
     */
    public int batches() {
        return (images() + options.batch - 1) / options.batch;
    }

    /** The classes, and whether an image may show several. */
    public LabelSet labels() {
        return labels;
    }

    /**
     * The images skipped so far because they could not be read, in the order of the list, including those skipped by derived
     * loaders.
     */
    public List<BrokenImage> broken() {
        return List.copyOf(broken.values());
    }

    /** The number of images without those skipped so far. */
    public int readable() {
        return images() - broken.size();
    }

    /**
     * Whether some of the images loaded so far had the network's size already and were not resized, while others were resized and
     * cropped: then objects appear at two scales, see {@link thaw.finetune.images.ExactSize}. Includes derived loaders.
     */
    public boolean mixesScales() {
        return scales.mixed();
    }

    /** Begins an epoch; closing it ends its threads. */
    public Batches epoch(int epoch) {
        return epoch(epoch, 0);
    }

    /**
     * Begins in the middle of an epoch.
     *
     * @param from the number of the first batch, from 0, with unreadable batches counted
     */
    public Batches epoch(int epoch, int from) {
        return epoch(epoch, from, 1);
    }

    /**
     * Every {@code step}-th batch of an epoch from one on, such as the share of one of {@code step} workers.
     *
     * @param from the number of the first batch, from 0, with unreadable batches counted
     * @throws IllegalArgumentException if {@code step} is less than 1
     */
    public Batches epoch(int epoch, int from, int step) {
        if (step < 1) {
            throw new IllegalArgumentException("epoch: expected a step of at least 1, got " + step);
        }
        return new Batches(this, epoch, options.training ? Pass.TRAINING : Pass.EVALUATION, from, step);
    }

    /** A seed, by that of the data, for what is random in a network's step on the batch of this number. */
    public long seed(int epoch, int batch) {
        return RandomStream.of(options.seed, NETWORK, epoch, batch).nextLong();
    }

    /**
     * Begins an epoch for test-time augmentation: all images in order and unmixed, but augmented as in training.
     *
     * @param epoch selects the random draws
     */
    public Batches augmentedEpoch(int epoch) {
        return new Batches(this, epoch, Pass.AUGMENTED_IN_ORDER, 0, 1);
    }

    /** Begins an epoch of all images in order, each mirrored left to right. */
    public Batches mirroredEpoch() {
        return new Batches(this, 0, Pass.MIRRORED, 0, 1);
    }

    /** The data set, broken images included. */
    public Dataset data() {
        return data;
    }

    /** The samples, broken ones included. */
    public List<Sample> samples() {
        return samples;
    }

    /** The transforms that prepare images. */
    public Transforms transforms() {
        return transforms;
    }

    /** The side of the images in pixels; 0 for features. */
    int side() {
        return values.side();
    }

    Sample sample(int index) {
        return samples.get(index);
    }

    Sampler.Order order(int epoch, Pass pass) {
        if (pass != Pass.TRAINING) {
            return Sampler.Order.once(IntStream.range(0, samples.size()).toArray());
        }
        Sampler.Order order = options.sampler.order(epoch, samples, RandomStream.of(options.seed, epoch, ORDER));
        int expected = options.sampler.length(samples.size());
        if (order.indices().length != expected) {
            throw new IllegalStateException("sampler: expected an order of " + expected + " entries, its length, got "
                    + order.indices().length);
        }
        return order;
    }

    /** An array for the images of a batch; those of full batches are reused. */
    float[] borrow(int size) {
        float[] free = size == options.batch ? buffers.poll() : null;
        return free == null ? new float[size * imageLength()] : free;
    }

    void giveBack(float[] images) {
        if (images.length == options.batch * imageLength()) {
            buffers.add(images);
        }
    }

    /**
     * Prepares one image and writes it to the given place of a batch.
     *
     * @param turn the number of the image's repetition in the epoch, from 0
     */
    void load(int index, int turn, int epoch, Pass pass, float[] batch, int position) {
        values.write(index, pass, stream(index, turn, epoch, pass), batch, position * imageLength());
    }

    private SplittableRandom stream(int index, int turn, int epoch, Pass pass) {
        if (pass == Pass.AUGMENTED_IN_ORDER) {
            return RandomStream.of(options.seed, AUGMENTED_IN_ORDER, epoch, index);
        }
        return turn == 0 ? RandomStream.of(options.seed, epoch, index) : RandomStream.of(options.seed, epoch, index, turn);
    }

    /** The targets of a batch; in training with a mix, both images and targets are mixed. */
    Batch.Targets targets(List<Sample> batch, float[] images, int number, int epoch, Pass pass) {
        boolean mixed = pass == Pass.TRAINING && options.mix.isPresent();
        if (!mixed) {
            return labels.multiLabel() ? Batch.Matrix.of(batch, labels.classes().size()) : Batch.ClassNumbers.of(batch);
        }
        Batch.Matrix targets = Batch.Matrix.of(batch, labels.classes().size());
        SplittableRandom random = RandomStream.of(options.seed, epoch, MIX, number);
        int[] order = RandomStream.permutation(batch.size(), random);
        options.mix.get().apply(images, targets.values(), transforms.size(), order, random);
        return targets;
    }

    void reportBroken(int index, ImageReadException reason) {
        broken.putIfAbsent(index, new BrokenImage(samples.get(index).file(), reason.getMessage()));
    }

    int imageLength() {
        return values.length();
    }
}
