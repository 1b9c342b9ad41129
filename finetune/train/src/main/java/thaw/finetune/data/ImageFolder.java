package thaw.finetune.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.LabelSet;

/**
 * A data set in a folder, in one of two layouts:
 *
 * <pre>
 * dogscats/train/cats/1.jpg          flowers/rose/1.jpg
 * dogscats/train/dogs/1.jpg          flowers/tulip/1.jpg
 * dogscats/valid/cats/1.jpg
 * dogscats/valid/dogs/1.jpg
 * </pre>
 *
 * On the left the validation images are given; the names {@code training}, {@code val}, {@code validation} and {@code dev} are
 * recognised too, in either case, and {@code test} if there is no validation folder. On the right a share of every class is held
 * out by the seed. A {@link FolderLayout} overrides the names; alternatively a table lists the images, see
 * {@link #ofCsv(Path, CsvLabels)}. Classes are numbered in the order of their names' code points.
 *
 * <p>Immutable, and so thread-safe: {@code ImageFolder.of(path).size(224).batch(32).seed(1)} creates four objects, and a later
 * phase of training uses {@code data.size(224)} with the same images held out. The folder is listed once, in {@link #of}; images
 * are opened when batches are made.
 */
public final class ImageFolder {
    private final Listing listing;
    private final LabelSet labels;
    private final Transforms transforms;
    private final LoaderOptions options;
    private final Split split;
    private final double validFraction;

    private ImageFolder(Listing listing, LabelSet labels, Transforms transforms, LoaderOptions options, Split split,
            double validFraction) {
        this.listing = listing;
        this.labels = labels;
        this.transforms = Objects.requireNonNull(transforms, "transforms");
        this.options = options;
        this.split = split;
        this.validFraction = validFraction;
    }

    /**
     * Lists the data set by the {@link FolderLayout#standard standard} layout. Defaults: images of 224 pixels, batches of 32,
     * seed 0, and a fifth held out.
     *
     * @throws ImageFolderException under the conditions of {@link #of(Path, FolderLayout)}
     */
    public static ImageFolder of(Path root) {
        return of(root, FolderLayout.standard());
    }

    /**
     * Like {@link #of(Path)}, with subfolders interpreted by {@code layout}.
     *
     * @throws ImageFolderException if the folder is missing or has no class folders, a class has no image, the validation folder
     *                              has classes that the training folder lacks, a folder may be a class or a part of the data
     *                              set, or Java cannot represent a class's name
     */
    public static ImageFolder of(Path root, FolderLayout layout) {
        return of(layout.list(root));
    }

    /** A table of files and labels, with detected columns; see {@link #ofCsv(Path, CsvLabels)}. */
    public static ImageFolder ofCsv(Path csv) {
        return ofCsv(csv, CsvLabels.standard());
    }

    /**
     * The images listed in a table, with the defaults of {@link #of}. Images of several labels are split at random, not by class.
     * Missing files count as broken images.
     *
     * @throws ImageFolderException if the table is missing or malformed, or none of its files exists
     */
    public static ImageFolder ofCsv(Path csv, CsvLabels columns) {
        return of(columns.read(csv));
    }

    private static ImageFolder of(Listing listing) {
        LabelSet labels = listing.train().labels();
        return new ImageFolder(listing, labels, Transforms.of(224), LoaderOptions.training(32, 0),
                labels.multiLabel() ? Split.RANDOM : Split.STRATIFIED, 0.2);
    }

    // ---- settings ----------------------------------------------------------------------------------------------

    /** Sets the image size to {@code size} x {@code size} pixels, resized before the crop as in {@link Transforms#of}. */
    public ImageFolder size(int size) {
        return transforms(transforms().size(size));
    }

    /** Sets the whole preparation of images, for instance that of a saved model. */
    public ImageFolder transforms(Transforms transforms) {
        return new ImageFolder(listing, labels, transforms, options, split, validFraction);
    }

    /** Sets the batch size, in images. */
    public ImageFolder batch(int images) {
        return with(options.batch(images));
    }

    /** Sets the seed of the split, of the order of images in each epoch, and of augmentation and mixing. */
    public ImageFolder seed(long seed) {
        return with(options.seed(seed));
    }

    /** Sets the number of threads that prepare images; it does not affect the result. */
    public ImageFolder threads(int threads) {
        return with(options.threads(threads));
    }

    /** Sets the limit, in bytes, of the caches of resized images, one each for training and validation. */
    public ImageFolder cacheBytes(long bytes) {
        return with(options.cacheBytes(bytes));
    }

    /**
     * Sets whether a broken image is an error; otherwise loaders skip it and list it in {@link BatchLoader#broken}.
     *
     * @throws ImageFolderException if {@code strict} and there are {@link #unreadable} entries
     */
    public ImageFolder strict(boolean strict) {
        if (strict && !unreadable().isEmpty()) {
            throw new ImageFolderException(unreadable().get(0).reason());
        }
        return with(options.strict(strict));
    }

    /** Sets the number of pixels above which images count as broken ({@link thaw.finetune.images.ImageDecoder#MAX_PIXELS}). */
    public ImageFolder maxPixels(long pixels) {
        return with(options.maxPixels(pixels));
    }

    /** Sets whether training draws equally many images of each class, see {@link LoaderOptions#balanced(boolean)}. */
    public ImageFolder balanced(boolean balanced) {
        return with(options.balanced(balanced));
    }

    /** Sets the augmentation of training images, which replaces {@link Transforms#flip}. */
    public ImageFolder augment(Augmentation augmentation) {
        return with(options.augment(augmentation));
    }

    /** Sets the mixing of images within each training batch. */
    public ImageFolder mix(BatchMix mix) {
        return with(options.mix(mix));
    }

    /** Sets the share of images to hold out, between 0 and 1, for data sets without validation images. */
    public ImageFolder validFraction(double fraction) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new IllegalArgumentException("validFraction: expected a share between 0 and 1, got " + fraction);
        }
        return new ImageFolder(listing, labels, transforms, options, split, fraction);
    }

    /**
     * Sets the kind of validation split.
     *
     * @throws IllegalArgumentException if {@code split} is stratified by class and images may have several labels
     */
    public ImageFolder split(Split split) {
        if (split == Split.STRATIFIED && labels().multiLabel()) {
            throw new IllegalArgumentException("split: images of several labels have no class to stratify by; use Split.RANDOM");
        }
        return new ImageFolder(listing, labels, transforms, options, split, validFraction);
    }

    /**
     * Numbers the classes as a model does, which may have more of them than this folder.
     *
     * @throws ImageFolderException if the folder has a class that is not among {@code names}
     */
    public ImageFolder classes(List<String> names) {
        Map<String, Integer> numbers = FileNames.numbers(names);
        List<String> unknown = own().stream().filter(name -> !numbers.containsKey(FileNames.normalized(name))).toList();
        if (!unknown.isEmpty()) {
            throw new ImageFolderException(root() + ": has the classes " + unknown
                    + " that are not among the model's classes " + names);
        }
        return new ImageFolder(listing, new LabelSet(names, labels.multiLabel()), transforms, options, split, validFraction);
    }

    private ImageFolder with(LoaderOptions changed) {
        return new ImageFolder(listing, labels, transforms, changed, split, validFraction);
    }

    // ---- contents ----------------------------------------------------------------------------------------------

    /** The folder that contains the training class folders, or that of a table's files. */
    public Path root() {
        return listing.train().root();
    }

    /** The class names; a label is an index into them. */
    public List<String> classes() {
        return labels().classes();
    }

    /** The classes, and whether an image may show several. */
    public LabelSet labels() {
        return labels;
    }

    /** The preparation of images. */
    public Transforms transforms() {
        return transforms;
    }

    /** The number of images per batch. */
    public int batch() {
        return options.batch;
    }

    /** The seed of everything that is random in the data. */
    public long seed() {
        return options.seed;
    }

    /** The number of skipped files: hidden ones, and those without an image's extension. */
    public int skipped() {
        return skippedByEnding().values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The number of skipped files by extension, such as {@code .txt}, {@code hidden} or {@code without ending}, most first. */
    public Map<String, Integer> skippedByEnding() {
        return listing.skipped();
    }

    /**
     * Entries among the images that cannot be opened: pipes, sockets and devices with an image's extension, folders that cannot
     * be listed, and links to a folder that contains them.
     */
    public List<BrokenImage> unreadable() {
        return listing.unreadable();
    }

    /**
     * A summary of the layout that was found, for instance {@code train/ 400 images of 2 classes, validation/ 600 images to
     * validate on; test/ not used}.
     */
    public String summary() {
        return listing.describe(listing.valid() == null ? valid().size() + " of them held out to validate on" : "");
    }

    /** Like {@link #summary}, for the images of {@link #evaluation}. */
    public String evaluationSummary() {
        return listing.describe("all of them to evaluate on");
    }

    /** Names of folders that do not belong to the data set, such as {@code test/}. */
    public List<String> unused() {
        return listing.unused();
    }

    /** The validation folder; empty if images are held out, or a table lists them. */
    public Optional<Path> validRoot() {
        return Optional.ofNullable(listing.valid()).filter(list -> !list.name().isEmpty()).map(ImageList::root);
    }

    /** Whether the validation images are given, by a folder or a table; otherwise the seed draws them. */
    public boolean isDivided() {
        return listing.valid() != null;
    }

    /** The training images. */
    public List<Sample> train() {
        return labelled(listing.valid() == null ? part(false) : listing.train().samples());
    }

    /** The validation images: those given, or those held out. */
    public List<Sample> valid() {
        return labelled(listing.valid() == null ? part(true) : listing.valid().samples());
    }

    /** The images to evaluate a finished model on: the validation images if given, otherwise all. */
    public List<Sample> evaluation() {
        return labelled((listing.valid() == null ? listing.train() : listing.valid()).samples());
    }

    private List<Sample> part(boolean held) {
        return split.part(listing.train(), validFraction, options.seed, held);
    }

    /**
     * A weight per class, inverse to its frequency among the training labels: {@code labels / (classes · labels of the class)},
     * where {@code classes} counts those with images, so that the mean over all labels is 1. 0 for a class without images.
     */
    public List<Double> classWeights() {
        long[] counts = new long[classes().size()];
        train().forEach(sample -> sample.labels().forEach(label -> counts[label]++));
        long labels = Arrays.stream(counts).sum();
        long present = Arrays.stream(counts).filter(count -> count > 0).count();
        List<Double> weights = new ArrayList<>();
        for (long count : counts) {
            weights.add(count == 0 ? 0 : (double) labels / (present * count));
        }
        return Collections.unmodifiableList(weights);
    }

    // ---- loaders -----------------------------------------------------------------------------------------------

    /**
     * The loaders of {@link #train} and {@link #valid}.
     *
     * @throws IllegalArgumentException if there are fewer than two classes, or there is no validation image
     */
    public DataLoaders loaders() {
        if (classes().size() < 2) {
            throw new IllegalArgumentException(root() + ": training needs at least two classes;"
                    + " add a folder with images of another class");
        }
        if (valid().isEmpty()) {
            throw new IllegalArgumentException(root() + ": no image is left to validate on;"
                    + " add images, at least two of a class, or a folder valid/ beside train/");
        }
        return new DataLoaders(trainLoader(), validLoader(), unreadable());
    }

    /** A loader of {@link #train}, shuffled in each epoch and augmented. */
    public BatchLoader trainLoader() {
        return new BatchLoader(train(), labels(), transforms(), options);
    }

    /** A loader of {@link #valid}, in order. */
    public BatchLoader validLoader() {
        return new BatchLoader(valid(), labels(), transforms(), options.training(false));
    }

    /** A loader of {@link #evaluation}, in order, without a cache because each image is loaded once. */
    public BatchLoader evaluationLoader() {
        return new BatchLoader(evaluation(), labels(), transforms(), options.training(false).cacheBytes(0));
    }

    /** The classes of the folder or the table. */
    private List<String> own() {
        return listing.train().classes();
    }

    /** Maps labels from the folder's own class order to that of {@link #classes}. */
    private List<Sample> labelled(List<Sample> samples) {
        if (classes().equals(own())) {
            return samples;
        }
        Map<String, Integer> numbers = FileNames.numbers(classes());
        List<Integer> labels = own().stream().map(name -> numbers.get(FileNames.normalized(name))).toList();
        return samples.stream().map(sample -> new Sample(sample.file(), sample.labels().stream().map(labels::get).toList()))
                .toList();
    }

    @Override
    public String toString() {
        return "ImageFolder[" + root() + ", classes " + classes() + "]";
    }
}
