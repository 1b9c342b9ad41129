package thaw.finetune.run;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import thaw.engine.io.AtomicFile;
import thaw.finetune.FitSettings;
import thaw.finetune.LearningRates;
import thaw.finetune.Objective;
import thaw.finetune.Precompute;
import thaw.finetune.ScheduleRecipe;
import thaw.finetune.TrainingPhase;
import thaw.finetune.TrainingPlan;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.FolderLayout;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Split;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.Transforms;
import thaw.finetune.insight.InsightOptions;
import thaw.resnet.Variant;

/**
 * All that decides what comes of a run, as {@code settings.json} has it.
 *
 * @param grain        of the layer groups: {@code 3}, {@code stages} or {@code blocks}
 * @param augmentation null for what the transforms say, a mirror image or none
 * @param mix          null for none
 * @param precompute   in which phases features are computed once
 * @param patience     epochs without a lower validation loss before training ends; 0 for no end
 * @param environment  what it ran on; this alone may be another when a run is resumed
 */
public record RunSettings(Data data, Network network, String grain, List<Phase> plan, FitSettings fit, Objective objective,
        Augmentation augmentation, BatchMix mix, Precompute.When precompute, InsightOptions insight, int patience, Keep keep,
        long seed, Environment environment) {

    private static final ObjectMapper JSON = FiniteJson.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** Which epoch's model a run ends with. */
    public enum Keep {
        /** That with the lowest validation loss. */
        BEST,
        LAST
    }

    /**
     * The images.
     *
     * @param path       of the folder
     * @param labels     the table that says what they show; null where folders do
     * @param delimiter  between labels of an image that may show several; null where it shows one
     * @param split      how validation images are held out, where none are given
     * @param fingerprint by which other images are noticed
     * @param columns    of the table; its folder and delimiter are {@code path} and {@code delimiter}
     * @param layout     of the folders
     * @param maxPixels  images of more count as broken
     */
    public record Data(String path, String labels, String delimiter, double validFraction, String split, int batch,
            boolean strict, boolean balanced, Map<String, String> transforms, List<String> classes, int trainImages,
            int validImages, PictureFingerprint fingerprint, CsvLabels columns, FolderLayout layout,
            long maxPixels) {

        public Data {
            // Runs that began before there was a choice have the usual ones.
            columns = columns == null ? CsvLabels.standard() : columns;
            layout = layout == null ? FolderLayout.standard() : layout;
            maxPixels = maxPixels == 0 ? ImageDecoder.MAX_PIXELS : maxPixels;
        }

        /** Data that nobody has looked at yet. */
        public static Data of(String path, String labels, String delimiter, double validFraction, Split split, int batch,
                boolean strict, boolean balanced, Transforms transforms) {
            return new Data(path, labels, delimiter, validFraction, split.name().toLowerCase(Locale.ROOT), batch, strict,
                    balanced, transforms.toMap(), List.of(), 0, 0, PictureFingerprint.NONE, null, null, 0);
        }

        /** In columns and folders that are not the usual ones. */
        public Data listed(CsvLabels otherColumns, FolderLayout otherLayout) {
            return new Data(path, labels, delimiter, validFraction, split, batch, strict, balanced, transforms, classes,
                    trainImages, validImages, fingerprint, otherColumns, otherLayout, maxPixels);
        }

        /** With another limit to the size of images. */
        public Data maxPixels(long pixels) {
            return new Data(path, labels, delimiter, validFraction, split, batch, strict, balanced, transforms, classes,
                    trainImages, validImages, fingerprint, columns, layout, pixels);
        }

        /** With what was found there. */
        public Data found(ImageFolder images) {
            return new Data(path, labels, delimiter, validFraction, split, batch, strict, balanced, transforms, images.classes(),
                    images.train().size(), images.valid().size(), PictureFingerprint.of(images), columns, layout, maxPixels);
        }
    }

    /**
     * The network.
     *
     * @param variants   in which it differs from the architecture
     * @param weights    the file that it began with; null where it began at random
     * @param sha256     of that file
     * @param weightsKey the dict in it, where one was asked for
     * @param prefix     of the names in it, where one was asked for
     */
    public record Network(String architecture, List<Variant> variants, String head, String weights, String sha256,
            String weightsKey, String prefix) {

        /** Settings of earlier runs have no variants. */
        public Network {
            variants = variants == null ? List.of() : List.copyOf(variants);
        }

        /** In no variant, at random. */
        public static Network ofScratch(String architecture, String head) {
            return new Network(architecture, List.of(), head, null, null, null, null);
        }
    }

    /** A {@link TrainingPhase} in words. */
    public record Phase(String name, int epochs, String schedule, int freezeTo, String rates, boolean gradual, int size) {

        static Phase of(TrainingPhase phase) {
            return new Phase(phase.name(), phase.epochs(), phase.schedule().toString(), phase.freezeTo(),
                    phase.rates().toString(), phase.gradual(), phase.size());
        }

        TrainingPhase toPhase() {
            return new TrainingPhase(name, epochs, ScheduleRecipe.parse(schedule), freezeTo, LearningRates.parse(rates), gradual,
                    size);
        }
    }

    /** What a run is made with and on. */
    public record Environment(String version, String java, String device) {
    }

    /** A plan in words; its schedules must be {@link ScheduleRecipe}s. */
    public static List<Phase> describe(TrainingPlan plan) {
        return plan.phases().stream().map(Phase::of).toList();
    }

    @JsonIgnore
    public TrainingPlan trainingPlan() {
        return new TrainingPlan(plan.stream().map(Phase::toPhase).toList());
    }

    /** The same in another place. */
    public RunSettings on(Environment place) {
        return new RunSettings(data, network, grain, plan, fit, objective, augmentation, mix, precompute, insight, patience,
                keep, seed, place);
    }

    /** What differs, in lines such as {@code fit.momentum was 0.9, is 0.8}; but for the environment. */
    public List<String> differences(RunSettings now) {
        List<String> found = new ArrayList<>();
        differences("", tree(), now.tree(), found);
        found.removeIf(line -> line.startsWith("environment"));
        return found;
    }

    /** By way of text, so that numbers compare as they are read. */
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
        return value.isMissingNode() ? "not there" : value.toString();
    }

    public String toJson() throws JsonProcessingException {
        return JSON.writeValueAsString(this);
    }

    void write(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(JSON.writeValueAsBytes(this));
        AtomicFile.write(file, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /** @throws IOException if the file is missing, or doesn't hold a run's settings */
    static RunSettings read(Path file) throws IOException {
        try {
            return JSON.readValue(Files.readString(file), RunSettings.class);
        } catch (JsonProcessingException wrong) {
            throw new IOException(file + ": expected the settings of a run: " + wrong.getOriginalMessage(), wrong);
        }
    }
}
