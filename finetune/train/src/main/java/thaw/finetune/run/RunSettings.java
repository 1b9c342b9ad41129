package thaw.finetune.run;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.FolderLayout;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Split;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.Transforms;
import thaw.finetune.train.FiniteJson;
import thaw.finetune.train.TrainingSettings;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;
import thaw.resnet.Variant;

/**
 * The settings that determine a run's result, stored as {@code settings.json}. Immutable. Runs begun by earlier versions name
 * two of them otherwise, and are read all the same.
 *
 * @param variation   the random variation of the images
 * @param training    the settings of the learner, and the plan
 * @param selection   the end of training, and the model to keep
 * @param environment versions and device; the only part that may differ when a run is resumed
 */
public record RunSettings(Data data, Network network, @JsonUnwrapped Variation variation, @JsonUnwrapped TrainingSettings training,
        @JsonUnwrapped Selection selection, Environment environment) {

    private static final ObjectMapper JSON = FiniteJson.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /**
     * The random variation of training images.
     *
     * @param augmentation null for the transforms' own, a random flip or none
     * @param mix          null for none
     * @param seed         of everything that is random in the run
     */
    public record Variation(@Nullable Augmentation augmentation, @Nullable BatchMix mix, long seed) {
        /** @throws IllegalArgumentException if a transform or the mix cannot be stored */
        public Variation {
            TrainingSettings.requireStorable("image transforms of thaw.finetune.augment",
                    augmentation == null || augmentation.transforms().stream().allMatch(RunSettings::isOfAugment));
            TrainingSettings.requireStorable("a batch mix of thaw.finetune.augment", mix == null || isOfAugment(mix));
        }
    }

    private static boolean isOfAugment(Object part) {
        return part.getClass().getPackage().equals(Augmentation.class.getPackage());
    }

    /**
     * The end of training, and the model to keep.
     *
     * @param patience the number of epochs without a lower validation loss after which training ends; 0 for no early end
     */
    public record Selection(int patience, Keep keep) {
        /** Requires both. */
        public Selection {
            Objects.requireNonNull(keep, "keep");
        }
    }

    /** The epoch whose model a run keeps. */
    public enum Keep {
        /** The epoch with the lowest validation loss. */
        BEST,
        /** The last epoch. */
        LAST
    }

    /**
     * The data of a run.
     *
     * @param source  the place of the images and their labels
     * @param loading the preparation of batches
     * @param holdout the validation images, unless the data has a split of its own
     * @param found   the images that the run began with
     */
    public record Data(@JsonUnwrapped Source source, @JsonUnwrapped Loading loading, @JsonUnwrapped Holdout holdout,
            @JsonUnwrapped Found found) {

        /**
         * Scans the image folder.
         *
         * @param threads the number of threads that decode images
         */
        public ImageFolder images(Variation variation, int threads) {
            ImageFolder images = source.images().transforms(Transforms.fromMap(loading.transforms))
                    .split(Split.valueOf(holdout.split.toUpperCase(Locale.ROOT))).validFraction(holdout.validFraction)
                    .batch(loading.batch).maxPixels(loading.maxPixels).strict(loading.strict).balanced(loading.balanced)
                    .seed(variation.seed).threads(threads);
            images = variation.augmentation == null ? images : images.augment(variation.augmentation);
            return variation.mix == null ? images : images.mix(variation.mix);
        }

        /** The same data with the classes, image counts and fingerprint of the scanned folder. */
        public Data found(ImageFolder images) {
            return new Data(source, loading, holdout, new Found(images.classes(), images.train().size(), images.valid().size(),
                    ImageFingerprint.of(images)));
        }
    }

    /**
     * The place of a run's images and their labels: class folders, or a table that lists images by their paths relative to the
     * folder.
     *
     * @param path      the absolute path of the image folder
     * @param labels    the absolute path of the label table; null if the folders' names are the labels
     * @param delimiter between the labels of one image; null for one label per image
     * @param columns   of the table; its folder and delimiter are {@code path} and {@code delimiter}
     * @param layout    of the folders
     */
    public record Source(String path, @Nullable String labels, @Nullable String delimiter, CsvLabels columns,
            FolderLayout layout) {

        /** Settings written before columns and layout existed lack them; the defaults are what those runs used. */
        public Source {
            columns = columns == null ? CsvLabels.standard() : columns;
            layout = layout == null ? FolderLayout.standard() : layout;
        }

        /** The images, with the defaults of {@link ImageFolder}. */
        public ImageFolder images() {
            if (labels == null) {
                return ImageFolder.of(Path.of(path), layout);
            }
            Path table = Path.of(labels);
            CsvLabels read = delimiter == null ? columns : columns.delimiter(delimiter);
            return ImageFolder.ofCsv(table, read.folder(table.getParent().relativize(Path.of(path)).toString()));
        }
    }

    /**
     * The preparation of batches.
     *
     * @param batch      the number of images per batch
     * @param strict     whether an unreadable image is an error
     * @param balanced   whether the classes are drawn equally often
     * @param transforms see {@link Transforms#toMap}
     * @param maxPixels  an image with more pixels counts as broken
     */
    public record Loading(int batch, boolean strict, boolean balanced, Map<String, String> transforms, long maxPixels) {

        /** Settings written before the limit of pixels existed lack it; the default is what those runs used. */
        public Loading {
            maxPixels = maxPixels == 0 ? ImageDecoder.MAX_PIXELS : maxPixels;
        }
    }

    /**
     * The validation images of data without a split of its own.
     *
     * @param validFraction the share of the images
     * @param split         the name of the {@link Split}, in lower case
     */
    public record Holdout(double validFraction, String split) {
    }

    /**
     * The images that a run began with.
     *
     * @param fingerprint for detecting changed images
     */
    public record Found(List<String> classes, int trainImages, int validImages, ImageFingerprint fingerprint) {

        /** Data that has not been scanned. */
        public static final Found NOTHING = new Found(List.of(), 0, 0, new ImageFingerprint("", "", ""));
    }

    /**
     * The network of a run.
     *
     * @param architecture the name of the architecture
     * @param variants     the variants in which the network differs from the architecture
     * @param head         {@code linear} or {@code concat}
     * @param weights      the file of the initial weights; null for random initialisation
     * @param sha256       the digest of that file; see {@link Fingerprint}
     * @param weightsKey   the key of the state dict in that file, if one was given; otherwise null
     * @param prefix       the prefix of the tensors' names in that file, if one was given; otherwise null
     */
    public record Network(String architecture, List<Variant> variants, String head, @Nullable String weights,
            @Nullable String sha256, @Nullable String weightsKey, @Nullable String prefix) {

        /** Settings written before variants existed have none. */
        public Network {
            variants = variants == null ? List.of() : List.copyOf(variants);
        }
    }

    /** The versions of Thaw and Java, and the device. */
    public record Environment(String version, String java, String device) {
    }

    /**
     * Builds the network, and seeds the device's generator; equal settings give equal bits.
     *
     * @param weights the initial weights of all layers but the head; null for random initialisation
     */
    public ResNet network(@Nullable NetworkWeights weights, Device device, int classes) {
        device.generator().seed(variation.seed);
        Head head = network.head().equals("concat") ? Head.CONCAT_POOL : Head.LINEAR;
        return weights != null ? weights.withNewHead(head, classes, device, variation.seed)
                : ResNet.of(Architecture.byName(network.architecture()).with(Set.copyOf(network.variants())), head, device, classes,
                        variation.seed);
    }

    /** The same settings with another environment. */
    public RunSettings on(Environment place) {
        return new RunSettings(data, network, variation, training, selection, place);
    }

    /**
     * The differences to other settings, one line each, such as {@code fit.momentum was 0.9, is 0.8}. The environment is
     * not compared.
     */
    public List<String> differences(RunSettings now) {
        List<String> found = new ArrayList<>();
        differences("", tree(), now.tree(), found);
        found.removeIf(line -> line.startsWith("environment"));
        return found;
    }

    /** Serialised and parsed again, so that numbers compare in the form in which they are read from a file. */
    private JsonNode tree() {
        try {
            return JSON.readTree(toJson());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void differences(String at, JsonNode was, JsonNode is, List<String> found) {
        if (was.equals(is)) {
            return;
        }
        if (was.isObject() && is.isObject()) {
            TreeSet<String> names = new TreeSet<>();
            was.fieldNames().forEachRemaining(names::add);
            is.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> differences(at.isEmpty() ? name : at + "." + name, was.path(name), is.path(name), found));
        } else if (was.isArray() && is.isArray() && was.size() == is.size()) {
            for (int i = 0; i < was.size(); i++) {
                differences(at + "[" + i + "]", was.get(i), is.get(i), found);
            }
        } else {
            found.add(at + " was " + text(was) + ", is " + text(is));
        }
    }

    private static String text(JsonNode value) {
        return value.isMissingNode() ? "missing" : value.toString();
    }

    /** The settings as JSON. */
    public String toJson() throws JsonProcessingException {
        return JSON.writeValueAsString(this);
    }

    void write(Path file) throws IOException {
        AtomicFile.write(file, JSON.writeValueAsBytes(this));
    }

    /** @throws IOException if the file is missing or does not hold a run's settings */
    static RunSettings read(Path file) throws IOException {
        try {
            JsonNode tree = JSON.readTree(Files.readString(file));
            if (tree.path("fit").has("momentum")) {
                throw new IOException(file + ": the run was begun by an early version of Thaw " + tree.at("/environment/version")
                        .asText() + ", whose optimizer settings cannot be continued; finish it with that version, or begin another"
                        + " run in another folder");
            }
            return JSON.treeToValue(tree, RunSettings.class);
        } catch (JsonProcessingException wrong) {
            throw new IOException(file + ": expected the settings of a run: " + wrong.getOriginalMessage(), wrong);
        }
    }
}
