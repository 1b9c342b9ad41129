package thaw.finetune.data;

import static java.util.stream.Collectors.joining;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
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
 * On the left the validation images are given; their folder may also be called {@code val} or {@code test}. On the right a
 * share of every class is held out by the seed. Or a table says what the images show, see {@link #ofCsv(Path, CsvLabels)}.
 * Classes are numbered in alphabetical order.
 *
 * <p>Immutable: {@code ImageFolder.of(path).size(224).batch(32).seed(1)} makes four of them; so a later phase of training takes
 * {@code data.size(224)} of the same images, with the same ones held out. The folder is listed once, in {@link #of}; images are
 * opened when batches are made.
 */
public final class ImageFolder {
    private static final List<String> VALID_NAMES = List.of("valid", "val", "test");

    private final ImageList trainList;
    /** Null where the validation images are to be held out of {@code trainList}. */
    private final ImageList validList;
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

    private ImageFolder(ImageList trainList, ImageList validList, Settings settings) {
        this.trainList = trainList;
        this.validList = validList;
        this.settings = settings;
    }

    /**
     * Lists the data set, with images of 224 pixels, batches of 32, seed 0 and a fifth held out until told otherwise.
     *
     * @throws ImageFolderException when the folder is missing, has no class folders, a class has no image, or the classes of the
     *                              training and validation folders differ
     */
    public static ImageFolder of(Path root) {
        Path train = root.resolve("train");
        /* A plain folder may have a class "train", beside "bus" and "car"; it has images in it, not folders. */
        if (!ClassFolders.looksLikeOne(train)) {
            return of(ClassFolders.read(root), null);
        }
        ImageList trainList = ClassFolders.read(train);
        ImageList validList = VALID_NAMES.stream().map(root::resolve).filter(ImageFolder::isValidationFolder).findFirst()
                .map(ClassFolders::read).orElse(null);
        if (validList != null && !trainList.classes().equals(validList.classes())) {
            throw new ImageFolderException(root + ": the classes of " + validList.root().getFileName()
                    + "/ differ from those of train/: " + difference(trainList, validList)
                    + "; expected the same class folders in both");
        }
        return of(trainList, validList);
    }

    /** A table of files and labels, each in its first two columns; see {@link #ofCsv(Path, CsvLabels)}. */
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
        CsvLabels.Lists lists = columns.read(csv);
        return of(lists.train(), lists.valid());
    }

    /** A folder "test" without class folders is a competition's, whose labels nobody has. */
    private static boolean isValidationFolder(Path folder) {
        return Files.isDirectory(folder) && (!folder.endsWith("test") || ClassFolders.looksLikeOne(folder));
    }

    private static ImageFolder of(ImageList trainList, ImageList validList) {
        Split split = trainList.labels().multiLabel() ? Split.RANDOM : Split.STRATIFIED;
        return new ImageFolder(trainList, validList, new Settings(trainList.labels(), Transforms.of(224),
                LoaderOptions.training(32, 0), split, 0.2));
    }

    private static String difference(ImageList train, ImageList valid) {
        List<String> parts = new ArrayList<>();
        addMissing(parts, "only train/ has ", train.classes(), valid.classes());
        addMissing(parts, "only " + valid.root().getFileName() + "/ has ", valid.classes(), train.classes());
        return String.join(", ", parts);
    }

    private static void addMissing(List<String> parts, String words, List<String> of, List<String> in) {
        List<String> missing = of.stream().filter(name -> !in.contains(name)).toList();
        if (!missing.isEmpty()) {
            parts.add(words + missing);
        }
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

    /** Whether a broken image is an error; otherwise loaders pass over it and list it, see {@link BatchLoader#broken}. */
    public ImageFolder strict(boolean strict) {
        return with(settings.options(options().strict(strict)));
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
        Set<String> unknown = new HashSet<>(trainList.classes());
        names.forEach(unknown::remove);
        if (!unknown.isEmpty()) {
            throw new ImageFolderException(trainList.root() + ": has the classes " + unknown.stream().sorted().toList()
                    + " that are not among the model's classes " + names);
        }
        return with(settings.labels(new LabelSet(names, labels().multiLabel())));
    }

    private ImageFolder with(Settings changed) {
        return new ImageFolder(trainList, validList, changed);
    }

    private LoaderOptions options() {
        return settings.options;
    }

    // ---- what it has -------------------------------------------------------------------------------------------

    /** The folder of the classes' folders to train on, or that of a table's files. */
    public Path root() {
        return trainList.root();
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
        return trainList.skipped() + (validList == null ? 0 : validList.skipped());
    }

    /** The images to train on. */
    public List<Sample> train() {
        return labelled(validList == null ? part(false) : trainList.samples());
    }

    /** The images to validate on after each epoch: those given, or those held out. */
    public List<Sample> valid() {
        return labelled(validList == null ? part(true) : validList.samples());
    }

    /** The images to judge a finished model on: the validation images given, or all where there are none. */
    public List<Sample> evaluation() {
        return labelled((validList == null ? trainList : validList).samples());
    }

    private List<Sample> part(boolean held) {
        return settings.split.part(trainList, settings.validFraction, options().seed(), held);
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

    /** Labels by this folder's own class order become those of {@link #classes}. */
    private List<Sample> labelled(List<Sample> samples) {
        List<String> own = trainList.classes();
        if (classes().equals(own)) {
            return samples;
        }
        Stream<Sample> renumbered = samples.stream().map(sample -> new Sample(sample.file(),
                sample.labels().stream().map(label -> classes().indexOf(own.get(label))).toList()));
        return renumbered.toList();
    }

    @Override
    public String toString() {
        return "ImageFolder[" + trainList.root() + ", classes " + classes() + "]";
    }
}
