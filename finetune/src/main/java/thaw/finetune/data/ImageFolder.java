package thaw.finetune.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
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
 * share of every class is held out by the seed. Classes are numbered in alphabetical order.
 *
 * <p>Immutable: {@code ImageFolder.of(path).size(224).batch(32).seed(1)} makes four of them. The folder is listed once, in
 * {@link #of}; images are opened when batches are made.
 */
public final class ImageFolder {
    private static final List<String> VALID_NAMES = List.of("valid", "val", "test");

    private final ClassFolders trainFolders;
    private final ClassFolders validFolders;
    private final List<String> classes;
    private final Transforms transforms;
    private final LoaderOptions options;
    private final double validFraction;

    /** @param validFolders null where the validation images are to be held out of {@code trainFolders} */
    private ImageFolder(ClassFolders trainFolders, ClassFolders validFolders, List<String> classes, Transforms transforms,
            LoaderOptions options, double validFraction) {
        this.trainFolders = trainFolders;
        this.validFolders = validFolders;
        this.classes = classes;
        this.transforms = transforms;
        this.options = options;
        this.validFraction = validFraction;
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
        ClassFolders trainFolders = ClassFolders.read(train);
        ClassFolders validFolders = VALID_NAMES.stream().map(root::resolve).filter(ImageFolder::isValidationFolder).findFirst()
                .map(ClassFolders::read).orElse(null);
        if (validFolders != null && !trainFolders.classes().equals(validFolders.classes())) {
            throw new ImageFolderException(root + ": the classes of " + validFolders.root().getFileName()
                    + "/ differ from those of train/: " + difference(trainFolders, validFolders)
                    + "; expected the same class folders in both");
        }
        return of(trainFolders, validFolders);
    }

    /** A folder "test" without class folders is a competition's, whose labels nobody has. */
    private static boolean isValidationFolder(Path folder) {
        return Files.isDirectory(folder) && (!folder.endsWith("test") || ClassFolders.looksLikeOne(folder));
    }

    private static ImageFolder of(ClassFolders trainFolders, ClassFolders validFolders) {
        return new ImageFolder(trainFolders, validFolders, trainFolders.classes(), Transforms.of(224),
                LoaderOptions.training(32, 0), 0.2);
    }

    private static String difference(ClassFolders train, ClassFolders valid) {
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

    /** Images of {@code size} x {@code size} pixels, resized before the crop as {@link Transforms#of} has it. */
    public ImageFolder size(int size) {
        return transforms(transforms.size(size));
    }

    /** All of the images' preparation, for instance as a saved model has it. */
    public ImageFolder transforms(Transforms transforms) {
        return new ImageFolder(trainFolders, validFolders, classes, Objects.requireNonNull(transforms), options, validFraction);
    }

    /** Batches of {@code images} images. */
    public ImageFolder batch(int images) {
        return options(options.batch(images));
    }

    /** The seed of the split, of the order of images in each epoch, and of their crops and flips. */
    public ImageFolder seed(long seed) {
        return options(options.seed(seed));
    }

    /** The number of threads that prepare images; it never changes the result. */
    public ImageFolder threads(int threads) {
        return options(options.threads(threads));
    }

    /** At most this many bytes of resized images are kept from one epoch to the next, for training and validation each. */
    public ImageFolder cacheBytes(long bytes) {
        return options(options.cacheBytes(bytes));
    }

    /** The share of each class to hold out where no validation folder is given. */
    public ImageFolder validFraction(double fraction) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new IllegalArgumentException("validFraction: expected a share between 0 and 1, got " + fraction);
        }
        return new ImageFolder(trainFolders, validFolders, classes, transforms, options, fraction);
    }

    /**
     * Numbers the classes as a model does, which may know more of them than this folder has.
     *
     * @throws ImageFolderException when the folder has a class that is not among {@code names}
     */
    public ImageFolder classes(List<String> names) {
        Set<String> unknown = new HashSet<>(trainFolders.classes());
        names.forEach(unknown::remove);
        if (!unknown.isEmpty()) {
            throw new ImageFolderException(trainFolders.root() + ": has class folders " + unknown.stream().sorted().toList()
                    + " that are not among the model's classes " + names);
        }
        return new ImageFolder(trainFolders, validFolders, List.copyOf(names), transforms, options, validFraction);
    }

    private ImageFolder options(LoaderOptions options) {
        return new ImageFolder(trainFolders, validFolders, classes, transforms, options, validFraction);
    }

    /** The folder of the classes' folders to train on. */
    public Path root() {
        return trainFolders.root();
    }

    /** Names of the classes; a label is an index into them. */
    public List<String> classes() {
        return classes;
    }

    public Transforms transforms() {
        return transforms;
    }

    public int batch() {
        return options.batch();
    }

    public long seed() {
        return options.seed();
    }

    /** The number of files passed over: hidden ones, and those whose ending is no image's. */
    public int skipped() {
        return trainFolders.skipped() + (validFolders == null ? 0 : validFolders.skipped());
    }

    /** The images to train on. */
    public List<Sample> train() {
        return labelled(validFolders == null ? split().train() : trainFolders.samples());
    }

    /** The images to validate on after each epoch: the validation folder's, or those held out. */
    public List<Sample> valid() {
        return labelled(validFolders == null ? split().valid() : validFolders.samples());
    }

    /** The images to judge a finished model on: the validation folder's, or all where there is none. */
    public List<Sample> evaluation() {
        return labelled((validFolders == null ? trainFolders : validFolders).samples());
    }

    /** Batches of {@link #train}: shuffled anew in each epoch, cropped and flipped. */
    public BatchLoader trainLoader() {
        return new BatchLoader(train(), transforms, options);
    }

    /** Batches of {@link #valid}, in order. */
    public BatchLoader validLoader() {
        return new BatchLoader(valid(), transforms, options.training(false));
    }

    /** Batches of {@link #evaluation}, in order; each image is seen once, so none is kept. */
    public BatchLoader evaluationLoader() {
        return new BatchLoader(evaluation(), transforms, options.training(false).cacheBytes(0));
    }

    private StratifiedSplit split() {
        return StratifiedSplit.of(trainFolders, validFraction, options.seed());
    }

    /** Labels by this folder's own class order become those of {@link #classes}. */
    private List<Sample> labelled(List<Sample> samples) {
        if (classes.equals(trainFolders.classes())) {
            return samples;
        }
        Stream<Sample> renumbered = samples.stream()
                .map(sample -> new Sample(sample.file(), classes.indexOf(trainFolders.classes().get(sample.label()))));
        return renumbered.toList();
    }

    @Override
    public String toString() {
        return "ImageFolder[" + trainFolders.root() + ", classes " + classes + "]";
    }
}
