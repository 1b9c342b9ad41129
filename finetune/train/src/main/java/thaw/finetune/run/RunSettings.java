package thaw.finetune.run;

import com.fasterxml.jackson.annotation.JsonAlias;
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
import java.util.Set;
import java.util.TreeSet;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.engine.optim.GradientClipping;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.FolderLayout;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Split;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Metric;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.FiniteJson;
import thaw.finetune.train.FitSettings;
import thaw.finetune.train.Learner;
import thaw.finetune.train.Precompute;
import thaw.resnet.Architecture;
import thaw.resnet.Granularity;
import thaw.resnet.Head;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;
import thaw.resnet.Variant;

/**
 * The settings that determine a run's result, stored as {@code settings.json}. Immutable. Runs begun by earlier versions name
 * two of them otherwise, and are read all the same.
 *
 * @param granularity  the granularity of the layer groups: {@code 3}, {@code stages} or {@code blocks}
 * @param augmentation null for the transforms' own, a random flip or none
 * @param mix          null for none
 * @param precompute   the phases in which the frozen body's features are computed once
 * @param diagnostics  the diagnostics to compute
 * @param patience     the number of epochs without a lower validation loss after which training ends; 0 for no early end
 * @param keep         the epoch whose model the run keeps
 * @param environment  versions and device; the only part that may differ when a run is resumed
 */
public record RunSettings(Data data, Network network, @JsonAlias("grain") String granularity, List<TrainingPhase> plan, FitSettings fit,
        Objective objective, Augmentation augmentation, BatchMix mix, Precompute.When precompute,
        @JsonAlias("insight") DiagnosticsOptions diagnostics, int patience, Keep keep, long seed, Environment environment) {

    private static final ObjectMapper JSON = FiniteJson.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** @throws IllegalArgumentException if a schedule, the optimizer, a clipping, a transform or the mix cannot be stored */
    public RunSettings {
        plan = List.copyOf(plan);
        requireStorable("ScheduleRecipes", plan.stream().allMatch(TrainingPhase::isStorable));
        requireStorable("an OptimizerRecipe", fit.optimizer() instanceof OptimizerRecipe);
        requireStorable("GradientClipping.ByNorm or ByValue", fit.clipping().stream()
                .allMatch(c -> c instanceof GradientClipping.ByNorm || c instanceof GradientClipping.ByValue));
        requireStorable("image transforms of thaw.finetune.augment",
                augmentation == null || augmentation.transforms().stream().allMatch(RunSettings::isOfAugment));
        requireStorable("a batch mix of thaw.finetune.augment", mix == null || isOfAugment(mix));
    }

    private static boolean isOfAugment(Object part) {
        return part.getClass().getPackage().equals(Augmentation.class.getPackage());
    }

    private static void requireStorable(String expected, boolean storable) {
        if (!storable) {
            throw new IllegalArgumentException("a run's settings are stored as text and need " + expected
                    + "; train with others by Learner.run and store its FitState");
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
     * @param path          the absolute path of the image folder
     * @param labels        the path of the label table; null if the folders' names are the labels
     * @param delimiter     between the labels of one image; null for one label per image
     * @param validFraction the share of the images that is held out for validation, unless the data has its own split
     * @param split         the method of holding out validation images, if the data has no split of its own
     * @param batch         the number of images per batch
     * @param strict        whether an unreadable image is an error
     * @param balanced      whether the classes are drawn equally often
     * @param transforms    see {@link Transforms#toMap}
     * @param fingerprint   for detecting changed images
     * @param columns       of the table; its folder and delimiter are {@code path} and {@code delimiter}
     * @param layout        of the folders
     * @param maxPixels     an image with more pixels counts as broken
     */
    public record Data(String path, String labels, String delimiter, double validFraction, String split, int batch,
            boolean strict, boolean balanced, Map<String, String> transforms, List<String> classes, int trainImages,
            int validImages, ImageFingerprint fingerprint, CsvLabels columns, FolderLayout layout,
            long maxPixels) {

        /** Sets defaults for fields that files of earlier versions lack. */
        public Data {
            // Settings written before these fields existed lack them; the defaults are what those runs used.
            columns = columns == null ? CsvLabels.standard() : columns;
            layout = layout == null ? FolderLayout.standard() : layout;
            maxPixels = maxPixels == 0 ? ImageDecoder.MAX_PIXELS : maxPixels;
        }

        /** Data settings before the folder has been scanned. */
        public static Data of(String path, String labels, String delimiter, double validFraction, Split split, int batch,
                boolean strict, boolean balanced, Transforms transforms) {
            return new Data(path, labels, delimiter, validFraction, split.name().toLowerCase(Locale.ROOT), batch, strict,
                    balanced, transforms.toMap(), List.of(), 0, 0, ImageFingerprint.NONE, null, null, 0);
        }

        /** The same data with other columns and another folder layout. */
        public Data listed(CsvLabels otherColumns, FolderLayout otherLayout) {
            return new Data(path, labels, delimiter, validFraction, split, batch, strict, balanced, transforms, classes,
                    trainImages, validImages, fingerprint, otherColumns, otherLayout, maxPixels);
        }

        /** The same data with another limit to the size of images. */
        public Data maxPixels(long pixels) {
            return new Data(path, labels, delimiter, validFraction, split, batch, strict, balanced, transforms, classes,
                    trainImages, validImages, fingerprint, columns, layout, pixels);
        }

        /**
         * Scans the image folder.
         *
         * @param augmentation null for the transforms' own
         * @param mix          null for none
         * @param threads      the number of threads that decode images
         */
        public ImageFolder images(Augmentation augmentation, BatchMix mix, long seed, int threads) {
            Path table = labels == null ? null : Path.of(labels);
            CsvLabels read = delimiter == null ? columns : columns.delimiter(delimiter);
            ImageFolder images = RunSettings.listed(Path.of(path), table, read, layout).transforms(Transforms.fromMap(transforms))
                    .split(Split.valueOf(split.toUpperCase(Locale.ROOT))).validFraction(validFraction).batch(batch)
                    .maxPixels(maxPixels).strict(strict).balanced(balanced).seed(seed).threads(threads);
            images = augmentation == null ? images : images.augment(augmentation);
            return mix == null ? images : images.mix(mix);
        }

        /** The same data with the classes, image counts and fingerprint of the scanned folder. */
        public Data found(ImageFolder images) {
            return new Data(path, labels, delimiter, validFraction, split, batch, strict, balanced, transforms, images.classes(),
                    images.train().size(), images.valid().size(), ImageFingerprint.of(images), columns, layout, maxPixels);
        }
    }

    /**
     * The images of a data set that a command names: class folders, or those that a table lists by their paths relative to
     * the folder.
     *
     * @param folder  an absolute path
     * @param table   an absolute path; null for class folders
     * @param columns of the table
     * @param layout  of the class folders
     */
    public static ImageFolder listed(Path folder, Path table, CsvLabels columns, FolderLayout layout) {
        return table == null ? ImageFolder.of(folder, layout)
                : ImageFolder.ofCsv(table, columns.folder(table.getParent().relativize(folder).toString()));
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
    public record Network(String architecture, List<Variant> variants, String head, String weights, String sha256,
            String weightsKey, String prefix) {

        /** Settings written before variants existed have none. */
        public Network {
            variants = variants == null ? List.of() : List.copyOf(variants);
        }

        /** A network without variants, randomly initialised. */
        public static Network ofScratch(String architecture, String head) {
            return new Network(architecture, List.of(), head, null, null, null, null);
        }
    }

    /** The versions of Thaw and Java, and the device. */
    public record Environment(String version, String java, String device) {
    }

    /**
     * Scans the image folder of the settings.
     *
     * @param threads the number of threads that decode images
     */
    public ImageFolder images(int threads) {
        return data.images(augmentation, mix, seed, threads);
    }

    /**
     * Builds the network, and seeds the device's generator; equal settings give equal bits.
     *
     * @param weights the initial weights of all layers but the head; null for random initialisation
     */
    public ResNet network(NetworkWeights weights, Device device, int classes) {
        device.generator().seed(seed);
        Head head = network.head().equals("concat") ? Head.CONCAT_POOL : Head.LINEAR;
        return weights != null ? weights.withNewHead(head, classes, device, seed)
                : ResNet.of(Architecture.byName(network.architecture()).with(Set.copyOf(network.variants())), head, device, classes,
                        seed);
    }

    /** A learner with all of the settings that concern it; its metrics are all that there are for the objective. */
    public Learner learner(ResNet net, ImageFolder images) {
        List<Metric> metrics = objective instanceof Objective.BinaryCrossEntropy binary ? Metric.multi(binary.threshold())
                : Metric.single(images.classes().size());
        Learner learner = new Learner(net, images).granularity(Granularity.byLabel(granularity)).settings(fit).loss(objective)
                .metrics(metrics)
                .precompute(Precompute.of(precompute));
        return diagnostics.isOff() ? learner : learner.diagnostics(diagnostics);
    }

    /** The same settings with another environment. */
    public RunSettings on(Environment place) {
        return new RunSettings(data, network, granularity, plan, fit, objective, augmentation, mix, precompute, diagnostics, patience,
                keep, seed, place);
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
