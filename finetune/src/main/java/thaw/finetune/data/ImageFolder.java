package thaw.finetune.data;

import static java.util.stream.Collectors.joining;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.augment.Flip;
import thaw.finetune.images.Crop;
import thaw.finetune.images.Transforms;

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
 * On the left the validation images are given; {@code training}, {@code val}, {@code validation} and {@code dev} will do too, in
 * either case, and where there is none of the latter, {@code test}. On the right a share of every class is held out by the seed. A
 * {@link FolderLayout} says what names do not. Or a table says what the images show, see {@link #ofCsv(Path, CsvLabels)}.
 * Classes are numbered in alphabetical order.
 *
 * <p>Immutable: {@code ImageFolder.of(path).size(224).batch(32).seed(1)} makes four of them; so a later phase of training takes
 * {@code data.size(224)} of the same images, with the same ones held out. The folder is listed once, in {@link #of}; images are
 * opened when batches are made.
 */
public final class ImageFolder {
    private final Listing listing;
    private final Settings settings;

    private record Settings(LabelSet labels, Transforms transforms, LoaderOptions options, Split split, double validFraction) {
        Settings labels(LabelSet labels) {
            return new Settings(labels, transforms, options, split, validFraction);
        }

        Settings transforms(Transforms transforms) {
            return new Settings(labels, Objects.requireNonNull(transforms, "transforms"), options, split, validFraction);
        }

        Settings options(LoaderOptions options) {
            return new Settings(labels, transforms, options, split, validFraction);
        }

        Settings split(Split split, double fraction) {
            return new Settings(labels, transforms, options, split, fraction);
        }
    }

    private ImageFolder(Listing listing, Settings settings) {
        this.listing = listing;
        this.settings = settings;
    }

    /**
     * Lists the data set, with images of 224 pixels, batches of 32, seed 0 and a fifth held out until told otherwise; folders are
     * understood by their names.
     *
     * @throws ImageFolderException as {@link #of(Path, FolderLayout)}
     */
    public static ImageFolder of(Path root) {
        return of(root, FolderLayout.standard());
    }

    /**
     * As {@link #of(Path)}, with folders understood as {@code layout} says.
     *
     * @throws ImageFolderException when the folder is missing, has no class folders, a class has no image, the validation folder
     *                              has classes that the training folder has not, a folder may be a class or a part of the data
     *                              set, or Java cannot have a class's name as it is
     */
    public static ImageFolder of(Path root, FolderLayout layout) {
        return of(layout.list(root));
    }

    /** A table of files and labels, in columns that are found; see {@link #ofCsv(Path, CsvLabels)}. */
    public static ImageFolder ofCsv(Path csv) {
        return ofCsv(csv, CsvLabels.standard());
    }

    /**
     * The images that a table names, with the settings of {@link #of}. Those of several labels are split at random, not by class.
     * Files that are missing count as broken images.
     *
     * @throws ImageFolderException when the table is missing or malformed, or none of its files is there
     */
    public static ImageFolder ofCsv(Path csv, CsvLabels columns) {
        return of(columns.read(csv));
    }

    private static ImageFolder of(Listing listing) {
        LabelSet labels = listing.train().labels();
        return new ImageFolder(listing, new Settings(labels, Transforms.of(224), LoaderOptions.training(32, 0),
                labels.multiLabel() ? Split.RANDOM : Split.STRATIFIED, 0.2));
    }

    // ---- settings ----------------------------------------------------------------------------------------------

    /** Images of {@code size} x {@code size} pixels, resized before the crop as {@link Transforms#of} has it. */
    public ImageFolder size(int size) {
        return transforms(transforms().size(size));
    }

    /** All of the images' preparation, for instance as a saved model has it. */
    public ImageFolder transforms(Transforms transforms) {
        return with(settings.transforms(transforms));
    }

    /** Batches of {@code images} images. */
    public ImageFolder batch(int images) {
        return with(settings.options(options().batch(images)));
    }

    /** The seed of the split, of the order of images in each epoch, and of all that is done to them by chance. */
    public ImageFolder seed(long seed) {
        return with(settings.options(options().seed(seed)));
    }

    /** The number of threads that prepare images; it never changes the result. */
    public ImageFolder threads(int threads) {
        return with(settings.options(options().threads(threads)));
    }

    /** At most this many bytes of resized images are kept from one epoch to the next, for training and validation each. */
    public ImageFolder cacheBytes(long bytes) {
        return with(settings.options(options().cacheBytes(bytes)));
    }

    /**
     * Whether a broken image is an error; otherwise loaders pass over it and list it, see {@link BatchLoader#broken}.
     *
     * @throws ImageFolderException if it is, and something is {@link #unreadable} already
     */
    public ImageFolder strict(boolean strict) {
        if (strict && !unreadable().isEmpty()) {
            throw new ImageFolderException(unreadable().get(0).reason());
        }
        return with(settings.options(options().strict(strict)));
    }

    /** Images of more pixels count as broken; {@link thaw.finetune.images.ImageDecoder#MAX_PIXELS} until told otherwise. */
    public ImageFolder maxPixels(long pixels) {
        return with(settings.options(options().maxPixels(pixels)));
    }

    /** Training sees as many images of one class as of any other, see {@link LoaderOptions#balanced(boolean)}. */
    public ImageFolder balanced(boolean balanced) {
        return with(settings.options(options().balanced(balanced)));
    }

    /** How training images are varied, in the place of {@link Transforms#flip}. */
    public ImageFolder augment(Augmentation augmentation) {
        return with(settings.options(options().augment(augmentation)));
    }

    /** Mixes the images of each training batch with one another. */
    public ImageFolder mix(BatchMix mix) {
        return with(settings.options(options().mix(mix)));
    }

    /** The share of the images to hold out where no validation images are given. */
    public ImageFolder validFraction(double fraction) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new IllegalArgumentException("validFraction: expected a share between 0 and 1, got " + fraction);
        }
        return with(settings.split(settings.split, fraction));
    }

    /**
     * How they are held out.
     *
     * @throws IllegalArgumentException if images of several labels are to be stratified by class
     */
    public ImageFolder split(Split split) {
        if (split == Split.STRATIFIED && labels().multiLabel()) {
            throw new IllegalArgumentException("split: images of several labels have no class to stratify by; use Split.RANDOM");
        }
        return with(settings.split(split, settings.validFraction));
    }

    /**
     * Numbers the classes as a model does, which may know more of them than this folder has.
     *
     * @throws ImageFolderException when the folder has a class that is not among {@code names}
     */
    public ImageFolder classes(List<String> names) {
        Map<String, Integer> numbers = numbers(names);
        List<String> unknown = own().stream().filter(name -> !numbers.containsKey(FileNames.normalized(name))).toList();
        if (!unknown.isEmpty()) {
            throw new ImageFolderException(root() + ": has the classes " + unknown
                    + " that are not among the model's classes " + names);
        }
        return with(settings.labels(new LabelSet(names, labels().multiLabel())));
    }

    private ImageFolder with(Settings changed) {
        return new ImageFolder(listing, changed);
    }

    private LoaderOptions options() {
        return settings.options;
    }

    // ---- what it has -------------------------------------------------------------------------------------------

    /** The folder of the classes' folders to train on, or that of a table's files. */
    public Path root() {
        return listing.train().root();
    }

    /** Names of the classes; a label is an index into them. */
    public List<String> classes() {
        return labels().classes();
    }

    /** The classes, and whether an image may show several. */
    public LabelSet labels() {
        return settings.labels;
    }

    public Transforms transforms() {
        return settings.transforms;
    }

    public int batch() {
        return options().batch();
    }

    public long seed() {
        return options().seed();
    }

    public Optional<Augmentation> augmentation() {
        return options().augmentation();
    }

    public Optional<BatchMix> mix() {
        return options().mix();
    }

    /** Whether training may mirror an image left to right. */
    public boolean isFlipped() {
        return augmentation().map(augmentation -> augmentation.transforms().stream().anyMatch(Flip.class::isInstance))
                .orElse(transforms().flip());
    }

    /**
     * Whether training shows images as they are evaluated or mirrored, and no otherwise; then what a frozen body makes of them
     * may be computed once.
     */
    public boolean isFlippedAtMost() {
        return transforms().crop() == Crop.CENTER && augmentation().map(Augmentation::flipsAtMost).orElse(true)
                && mix().isEmpty();
    }

    /** What training does to images beyond mirroring them, as it goes after "images are". */
    public String variation() {
        List<String> kinds = new ArrayList<>();
        if (transforms().crop() == Crop.RANDOM) {
            kinds.add("cropped at random");
        }
        augmentation().filter(augmentation -> !augmentation.flipsAtMost()).ifPresent(augmentation -> kinds.add("varied by "
                + augmentation.transforms().stream().map(one -> one.getClass().getSimpleName()).collect(joining(", "))));
        mix().ifPresent(mix -> kinds.add("mixed with one another"));
        return String.join(" and ", kinds);
    }

    /** The number of files passed over: hidden ones, and those whose ending is no image's. */
    public int skipped() {
        return skippedByEnding().values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The same for each ending, such as {@code .txt}, most first; {@code hidden} and {@code without ending} are among them. */
    public Map<String, Integer> skippedByEnding() {
        return listing.skipped();
    }

    /**
     * What lies among the images and cannot be opened: pipes, sockets and devices with an image's ending, folders that cannot be
     * listed, and links that lead back to a folder above them.
     */
    public List<BrokenImage> unreadable() {
        return listing.unreadable();
    }

    /**
     * How the folder or the table was understood, for instance {@code train/ 400 images of 2 classes, validation/ 600 images to
     * validate on; test/ not used}.
     */
    public String summary() {
        return listing.describe(listing.valid() == null ? valid().size() + " of them held out to validate on" : "");
    }

    /** As {@link #summary}, where {@link #evaluation} is what is used. */
    public String evaluationSummary() {
        return listing.describe("all of them to evaluate on");
    }

    /** Names of folders that are no part of the data set, such as {@code test/}. */
    public List<String> unused() {
        return listing.unused();
    }

    /** The folder of the images to validate on; empty where they are held out, or a table says which. */
    public Optional<Path> validRoot() {
        return Optional.ofNullable(listing.valid()).filter(list -> !list.name().isEmpty()).map(ImageList::root);
    }

    /** The images to train on. */
    public List<Sample> train() {
        return labelled(listing.valid() == null ? part(false) : listing.train().samples());
    }

    /** The images to validate on after each epoch: those given, or those held out. */
    public List<Sample> valid() {
        return labelled(listing.valid() == null ? part(true) : listing.valid().samples());
    }

    /** The images to judge a finished model on: the validation images given, or all where there are none. */
    public List<Sample> evaluation() {
        return labelled((listing.valid() == null ? listing.train() : listing.valid()).samples());
    }

    private List<Sample> part(boolean held) {
        return settings.split.part(listing.train(), settings.validFraction, options().seed(), held);
    }

    /**
     * A weight for each class, inverse to its frequency among the training images: {@code images / (classes · images of the
     * class)}, so that an image's weight is 1 in the mean; 0 for a class without images. For images of several labels, by how
     * many show the class.
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

    /** Batches of {@link #train}: shuffled anew in each epoch, and varied. */
    public BatchLoader trainLoader() {
        return new BatchLoader(train(), labels(), transforms(), options());
    }

    /** Batches of {@link #valid}, in order. */
    public BatchLoader validLoader() {
        return new BatchLoader(valid(), labels(), transforms(), options().training(false));
    }

    /** Batches of {@link #evaluation}, in order; each image is seen once, so none is kept. */
    public BatchLoader evaluationLoader() {
        return new BatchLoader(evaluation(), labels(), transforms(), options().training(false).cacheBytes(0));
    }

    /** The classes as the folder or the table has them. */
    private List<String> own() {
        return listing.train().classes();
    }

    /** By the name, composed: a model may have been trained on another file system. */
    private static Map<String, Integer> numbers(List<String> names) {
        Map<String, Integer> numbers = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            numbers.put(FileNames.normalized(names.get(i)), i);
        }
        return numbers;
    }

    /** Labels by this folder's own class order become those of {@link #classes}. */
    private List<Sample> labelled(List<Sample> samples) {
        if (classes().equals(own())) {
            return samples;
        }
        Map<String, Integer> numbers = numbers(classes());
        List<Integer> labels = own().stream().map(name -> numbers.get(FileNames.normalized(name))).toList();
        return samples.stream().map(sample -> new Sample(sample.file(), sample.labels().stream().map(labels::get).toList()))
                .toList();
    }

    @Override
    public String toString() {
        return "ImageFolder[" + root() + ", classes " + classes() + "]";
    }
}
