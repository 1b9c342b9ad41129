package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.predict.ModelFile;

/** The options of {@code thaw train}, each from the command line to its effect. */
class TrainOptionsTest {

    private static final String CACHE = "thaw.cache";

    @TempDir
    private static Path folder;
    private static Path data;
    private static String cacheBefore;

    @BeforeAll
    static void images() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        cacheBefore = System.getProperty(CACHE);
        System.setProperty(CACHE, folder.resolve("cache").toString());
    }

    @AfterAll
    static void cacheAsBefore() {
        if (cacheBefore == null) {
            System.clearProperty(CACHE);
        } else {
            System.setProperty(CACHE, cacheBefore);
        }
    }

    /** The exit code and output of a command run in this process. */
    private record Said(int code, String out, String err) {
        /** The output without its line breaks. */
        String words() {
            return out.replaceAll("\\s+", " ");
        }
    }

    private static Said run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] line = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
        int code = Main.run(line, new PrintWriter(out, true), new PrintWriter(err, true));
        // The note about the missing Vector API module precedes it if tests run without the module.
        String said = String.join("\n", err.toString().lines().filter(one -> !one.contains("--add-modules")).toList());
        return new Said(code, out.toString(), said);
    }

    /** Trains briefly into a run folder of the given name, with additional options. */
    private static Said train(String name, Object... options) {
        List<Object> line = new ArrayList<>(List.of("train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--batch",
                5, "--threads", 1, "--diagnostics", 0, "-o", folder.resolve(name)));
        line.addAll(Arrays.asList(options));
        return run(line.toArray());
    }

    private static String settings(String name) throws IOException {
        return Files.readString(folder.resolve(name).resolve("settings.json"));
    }

    private static void assertTrained(Said said) {
        assertEquals(0, said.code, said::toString);
        assertEquals("", said.err);
        assertTrue(said.out.contains("model saved as"), said.out);
    }

    private static void assertFails(Said said, String... words) {
        assertEquals(2, said.code, said::toString);
        assertEquals(1, said.err.lines().count(), said.err);
        Arrays.stream(words).forEach(word -> assertTrue(said.err.contains(word), said.err));
        assertEquals("", said.out);
    }

    /** Without a rate, pretrained weights are trained by auto; the log has the rule, its shares, and what each group brought. */
    @Test
    void ratesChooseThemselvesByDefault() throws IOException {
        assertTrained(train("pretrained", "--epochs", 1));
        Path weights = folder.resolve("pretrained/model.safetensors");
        Said said = run("train", data, "--weights", weights, "--size", ColourImages.SIDE, "--batch", 5, "--threads", 1, "--epochs", 1,
                "-o", folder.resolve("auto"));
        assertTrained(said);
        assertTrue(settings("auto").contains("\"rates\" : \"auto\""), settings("auto"));
        assertTrue(said.words().contains("training early, middle, head at rates chosen by auto"), said.out);
        assertTrue(said.words().contains("auto, epoch 1: mean shares of the rate: early "), said.out);
        assertTrue(said.words().contains("with the weights of one group alone put back to the start"), said.out);
        said.out.lines().filter(line -> !line.contains(folder.toString()))
                .forEach(line -> assertTrue(line.length() <= 80, line.length() + " columns: " + line));
        assertFails(train("refused", "--optimizer", "adamw", "--lr", "auto"), "--lr auto is a rate for sgd", "--optimizer adamw");
        Said dog = run("train", data, "--weights", weights, "--size", ColourImages.SIDE, "--batch", 5, "--threads", 1, "--epochs", 1,
                "--lr", "l-dog", "--groups", "blocks", "-o", folder.resolve("dog"));
        assertTrained(dog);
        assertTrue(dog.words().contains("at rates chosen by l-dog, scheduled by constant"), dog.out);
        dog.out.lines().filter(line -> !line.contains(folder.toString()))
                .forEach(line -> assertTrue(line.length() <= 80, line.length() + " columns: " + line));
    }

    /** Two rates for the two groups that are trained; a rate of 0 is shown as frozen and is the same. */
    @Test
    void ratesOfTheTrainedGroupsAlone() throws IOException {
        assertTrained(train("two", "--epochs", 1, "--freeze-to", -2, "--lr", "0.01,0.1"));
        assertTrue(settings("two").contains("\"rates\" : \"1e-2,0.1@middle,head\""), settings("two"));
        Said zero = train("zero", "--epochs", 1, "--lr", "0,0.01,0.1");
        assertTrained(zero);
        assertTrue(zero.out.contains("early frozen: batch norm there"), zero.out);
        assertArrayEquals(Files.readAllBytes(folder.resolve("two/model.safetensors")),
                Files.readAllBytes(folder.resolve("zero/model.safetensors")));
        assertFails(train("refused", "--freeze-to", -2, "--lr", "0.01,0.1,0.2,0.3"), "--lr", "[early, middle, head]");
    }

    /** The other groups keep the bits of the run's start, whichever rule gives the rates. */
    @Test
    void trainedGroupsByName() throws IOException {
        Said zeros = train("zeros", "--epochs", 1, "--freeze-epochs", 0, "--lr", "0.01,0,0");
        Said named = train("named", "--epochs", 1, "--freeze-epochs", 0, "--lr", "0.01", "--train", "early");
        assertTrained(zeros);
        assertTrained(named);
        assertTrue(settings("named").contains("\"rates\" : \"1e-2@early\""), settings("named"));
        assertTrue(named.out.contains("middle, head frozen: batch norm there"), named.out);
        assertArrayEquals(Files.readAllBytes(folder.resolve("zeros/model.safetensors")),
                Files.readAllBytes(folder.resolve("named/model.safetensors")));
        assertTrained(train("earlier", "--epochs", 1, "--train", "early,middle", "--lr", "auto"));
        assertFails(train("refused", "--train", "late"), "--train", "early, middle, head", "late");
        assertFails(train("refused", "--train", "early", "--freeze-to", 1), "--train", "--freeze-to");
        assertFails(train("refused", "--train", "early", "--gradual"), "--train", "--gradual");
    }

    @Test
    void precompute() throws IOException {
        Object[] head = {"--freeze-epochs", 3, "--epochs", 0, "--frozen-bn", "eval"};
        Said asked = train("precomputed", with(head, "--precompute", "on"));
        assertTrained(asked);
        assertTrue(asked.words().contains("features are computed once for each image and its mirror image"), asked.out);
        assertTrue(settings("precomputed").contains("\"precompute\" : \"REQUIRED\""));
        Said unasked = train("unasked", head);
        assertTrained(unasked);
        assertTrue(unasked.words().contains("features are computed once"), unasked.out);
        Said off = train("through the body", with(head, "--precompute", "off"));
        assertTrained(off);
        assertFalse(off.out.contains("features"), off.out);
    }

    @Test
    void precomputeThatWouldChangeTheHeadIsRefused() {
        assertFails(train("refused", "--freeze-epochs", 2, "--augment", "fastai", "--precompute", "on"),
                "varied by Flip, Warp", "--frozen-bn eval");
        assertFails(train("refused", "--freeze-epochs", 0, "--precompute", "on"), "no phase trains the head alone");
        assertFails(train("refused", "--precompute", "always"), "--precompute", "auto, on or off");
        assertTrue(Files.notExists(folder.resolve("refused")), "no run folder is created");
    }

    /** Images that are blue, red, or both; the threshold of training is saved in the model and used by its predictions. */
    @Test
    void imagesOfSeveralLabels() throws IOException {
        Path images = folder.resolve("several");
        List<String> table = new ArrayList<>(List.of("file,labels"));
        for (String kind : List.of("blue", "red", "blue+red")) {
            int rgb = (kind.contains("red") ? 0xc00000 : 0) + (kind.contains("blue") ? 0xc0 : 0);
            ColourImages.fill(images.resolve(kind), 10, rgb);
            for (int i = 0; i < 10; i++) {
                table.add(kind + "/" + i + ".png," + kind.replace('+', '|'));
            }
        }
        Path labels = Files.write(images.resolve("labels.csv"), table);
        Object[] line = {"train", images, "--arch", "resnet20", "--size", 8, "--batch", 8, "--epochs", 12, "--lr", "0.02",
            "--threads", 1, "--labels", labels, "--multi-label=|", "--threshold", 0.8, "-o", folder.resolve("colours")};
        assertTrained(run(line));
        Path model = folder.resolve("colours/model.safetensors");
        assertEquals(0.8, ModelFile.read(model).threshold());

        Said found = run("evaluate", images, "--model", model, "--labels", labels, "--multi-label=|", "--json",
                "--predictions", folder.resolve("colours.csv"));
        assertEquals(0, found.code, found::toString);
        JsonNode seen = new ObjectMapper().readTree(found.out);
        assertEquals(60, seen.get("total").asInt(), "a decision per image and label");
        assertTrue(seen.get("accuracy").asDouble() > 0.6, found.out);
        double[] thresholds = {0.8, 0.1};
        for (double threshold : thresholds) {
            Object[] predict = {"predict", images.resolve("blue+red/0.png"), "--model", model, "--json"};
            Said said = run(threshold == 0.8 ? predict : with(predict, "--threshold", threshold));
            assertEquals(0, said.code, said::toString);
            JsonNode one = new ObjectMapper().readTree(said.out).get("predictions").get(0);
            List<String> above = new ArrayList<>();
            for (JsonNode each : one.get("classes")) {
                if (each.get("probability").asDouble() > threshold) {
                    above.add(each.get("name").asText());
                }
            }
            List<String> labelled = new ArrayList<>();
            one.get("labels").forEach(label -> labelled.add(label.asText()));
            assertEquals(above, labelled);
        }
        assertFails(run("evaluate", data, "--model", model), "may show several classes", "--multi-label");
        assertFails(run(with(line, "--threshold", 1)), "--threshold");
        assertFails(train("refused", "--threshold", 0.3), "--threshold", "--multi-label");
        assertFails(train("refused", "--labels", folder.resolve("none.csv")), "none.csv", "no such file");
    }

    @Test
    void sizesGrowAndBrokenImagesAreCountedInEach() throws IOException {
        Path images = ColourImages.blueAndRed(folder.resolve("with broken ones"));
        Files.writeString(images.resolve("train/blue/broken.png"), "no image");
        Files.writeString(images.resolve("valid/red/broken.png"), "no image");
        Files.writeString(images.resolve("train/blue/notes.txt"), "no image");
        Path run = folder.resolve("growing");
        Said said = run("train", images, "--arch", "resnet20", "--sizes", "8,12,16", "--batch", 5, "--threads", 1,
                "--epochs", 3, "-o", run);
        assertEquals(0, said.code, said::toString);
        assertTrue(said.err.startsWith("thaw: 2 images were skipped: "), said.err);
        assertTrue(said.out.contains("train/ 21 images of 2 classes, valid/ 9 images to validate on, 1 other file skipped: 1 .txt"),
                said.out);
        assertTrue(said.out.contains(" % on 8 images;"), said.out);
        List<String> phases = Files.readAllLines(run.resolve("log.csv")).stream().skip(1)
                .map(row -> row.substring(0, row.indexOf(','))).toList();
        assertEquals(List.of("all 8", "all 12", "all 16"), phases);
        assertEquals(16, ModelFile.read(run.resolve("model.safetensors")).transforms().size());
        assertFails(run("train", images, "--arch", "resnet20", "--sizes", "8,-1", "--epochs", 2, "-o",
                folder.resolve("refused")), "--sizes", "at least 1");
    }

    @Test
    void mixing() throws IOException {
        assertTrained(train("mixed up", "--epochs", 1, "--mixup"));
        assertMatches("mixed up", "\"mix\" : \\{\\s*\"type\" : \"Mixup\",\\s*\"alpha\" : 0.4\\s*\\}");
        assertTrained(train("cut", "--epochs", 1, "--cutmix=0.5"));
        assertMatches("cut", "\"type\" : \"CutMix\",\\s*\"alpha\" : 0.5");
        assertFails(train("refused", "--mixup=0"), "--mixup", "above 0");
        assertFails(train("refused", "--cutmix=none"), "--cutmix", "not a number");
    }

    @Test
    void augmentations() throws IOException {
        assertTrained(train("varied", "--epochs", 1, "--augment", "fastai", "--augment-strength", 0.5, "--random-resized-crop",
                "--pca-lighting", "--erase", 0.25));
        for (String kind : List.of("Flip", "Warp", "Rotate", "Zoom", "Brightness", "Contrast", "RandomResizedCrop", "PcaLighting",
                "RandomErasing")) {
            assertMatches("varied", "\"type\" : \"" + kind + "\"");
        }
        assertFails(train("refused", "--random-resized-crop=1.5"), "--random-resized-crop", "at most 1");
        assertFails(train("refused", "--pca-lighting=-1"), "--pca-lighting", "0 or more");
        assertFails(train("refused", "--erase", 2), "--erase", "0 to 1");
    }

    private static void assertMatches(String name, String pattern) throws IOException {
        assertTrue(Pattern.compile(pattern).matcher(settings(name)).find(), settings(name));
    }

    /** Columns of a run's log by name. */
    private static List<Map<String, String>> log(String name) throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve(name).resolve("log.csv"));
        String[] header = lines.get(0).split(",");
        List<Map<String, String>> rows = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            Map<String, String> row = new HashMap<>();
            String[] fields = line.split(",");
            for (int i = 0; i < header.length; i++) {
                row.put(header[i], fields[i]);
            }
            rows.add(row);
        }
        return rows;
    }

    /** fastai's fine_tune: the head first, then all groups, the first with a hundredth of the head's rate. */
    @Test
    void fineTune() throws IOException {
        assertTrained(train("fine-tuned", "--fine-tune=0.01", "--freeze-epochs", 1, "--epochs", 2));
        List<Map<String, String>> rows = log("fine-tuned");
        assertEquals(List.of("head", "all", "all"), rows.stream().map(row -> row.get("phase")).toList());
        assertEquals("0.0", rows.get(0).get("lr_early"));
        for (Map<String, String> row : rows.subList(1, 3)) {
            double head = Double.parseDouble(row.get("lr_head"));
            assertEquals(head / 100, Double.parseDouble(row.get("lr_early")), head * 1e-9);
            assertEquals(head / 10, Double.parseDouble(row.get("lr_middle")), head * 1e-9);
        }
        assertMatches("fine-tuned", "pct_start=0.99");
        assertFails(train("refused", "--fine-tune=0"), "--fine-tune", "above 0");
    }

    @Test
    void schedulesThatMakeNoSenseAreRefusedBeforeAnythingBegins() {
        assertFails(train("refused", "--schedule", "sgdr(cycle_len=0)"), "cycle_len takes a whole number of at least 1, got 0.0");
        assertFails(train("refused", "--schedule", "one-cycle(pct_start=2)"), "pct_start takes a number from 0 to 1");
        assertFails(train("refused", "--schedule", "step(step_size=-1)"), "step_size takes a number above 0");
        assertFails(train("refused", "--schedule", "sgdr", "--epochs", 5),
                "don't end after 5 epochs; train for one of [1, 3, 7]");
        assertFails(train("refused", "--schedule", "cosine(warmup=9)"), "a warm-up of 9.0 epochs leaves nothing of 5");
        assertTrue(Files.notExists(folder.resolve("refused")));
    }

    @Test
    void optimizers() throws IOException {
        assertTrained(train("by adamw", "--epochs", 1, "--optimizer", "adamw(beta2=0.99)", "--momentum", 0.8, "--no-decay-norm",
                "--clip", 0.5, "--clip-value=0.1", "--accumulate", 2, "--ema"));
        assertMatches("by adamw", "\"adamw\\(beta1=0.8,beta2=0.99,decay_bias_and_norm=0.0,weight_decay=0.01\\)\"");
        assertMatches("by adamw", "\"ByNorm\",\\s*\"maxNorm\" : 0.5\\s*\\}, \\{\\s*\"type\" : \"ByValue\"");
        assertMatches("by adamw", "\"accumulate\" : 2,\\s*\"average\" : \\{\\s*\"decay\" : 0.99");
        assertTrained(train("by sgd", "--epochs", 1, "--nesterov", "--weight-decay", 0, "--clip", 0, "--ema", 0));
        assertMatches("by sgd", "\"sgd\\(momentum=0.9,nesterov=1.0,weight_decay=0.0\\)\",\\s*\"clipping\" : \\[ \\]");
    }

    @Test
    void rareClasses() throws IOException {
        Path images = folder.resolve("unequal");
        ColourImages.fill(images.resolve("train/blue"), 12, 0x2040c0);
        ColourImages.fill(images.resolve("train/red"), 4, 0xc04020);
        ColourImages.fill(images.resolve("valid/blue"), 4, 0x2040c0);
        ColourImages.fill(images.resolve("valid/red"), 4, 0xc04020);
        for (String option : List.of("--class-weights", "--balanced")) {
            assertTrained(run("train", images, "--arch", "resnet20", "--size", 8, "--batch", 4, "--epochs", 1, "--threads", 1,
                    option, "-o", folder.resolve("with " + option)));
        }
        // 16 images in 2 classes: 16 / (2 * 12) and 16 / (2 * 4).
        assertMatches("with --class-weights", "\"classWeights\" : \\[ 0.666\\d*, 2.0 \\]");
        assertMatches("with --balanced", "\"balanced\" : true");
    }

    /** At a rate of 0 nothing is learned, so at some epoch the validation loss is no lower than before. */
    @Test
    void patienceEndsEarly() throws IOException {
        Said said = train("impatient", "--epochs", 60, "--lr", 1e-30, "--patience", 2, "--keep", "best");
        assertTrained(said);
        assertTrue(said.out.contains("ended early: 2 epochs without a lower validation loss"), said.out);
        List<Double> losses = log("impatient").stream().map(row -> Double.valueOf(row.get("valid_loss"))).toList();
        int best = losses.indexOf(Collections.min(losses));
        assertEquals(best + 1 + 2, losses.size());
        assertTrue(said.out.contains("epoch " + (best + 1) + "; model saved as"), said.out);
        assertFails(train("refused", "--patience", -1), "--patience", "at least 0");
    }

    /** A float64 step takes long: the first signal waits for its end, the second ends the process at once. */
    @Test
    void controlCTwiceEndsAtOnce() throws IOException, InterruptedException {
        assumeTrue(!isInterruptIgnored(), "skipped: this process ignores SIGINT, and the ones it starts inherit that");
        Path run = folder.resolve("ended");
        ThawProcess thaw = ThawProcess.start(folder, "train", data, "--arch", "resnet20", "--size", 32, "--batch", 20, "--device",
                "reference", "-o", run);
        while (thaw.isRunning() && thaw.output().stream().noneMatch(line -> line.startsWith("training"))) {
            Thread.sleep(5);
        }
        thaw.signal("INT");
        while (thaw.isRunning() && thaw.errors().stream().noneMatch(line -> line.contains("interrupt again to end at once"))) {
            Thread.sleep(5);
        }
        assertTrue(thaw.isRunning(), thaw::toString);
        thaw.signal("INT");
        assertEquals(130, thaw.exitCode(), thaw::toString);
        assertEquals(1, thaw.errors().size(), thaw::toString);
        assertTrue(Files.notExists(run.resolve("checkpoint/state.safetensors")));
    }

    /** Shells start background jobs with SIGINT ignored; Java then leaves the signal alone. */
    private static boolean isInterruptIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status) && Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1 << 1) != 0);
    }

    @Test
    void whatGroupsDoIsToldWithEachEpoch() throws IOException {
        Said said = run("train", data, "--arch", "resnet20", "--size", 8, "--batch", 5, "--threads", 1, "--epochs", 1,
                "--diagnostics", 1, "-o", folder.resolve("watched"));
        assertTrained(said);
        for (String group : List.of("early", "middle", "head")) {
            String line = " *" + group + ": gradient [0-9.e+-]+, step [0-9.e-]+, moved [0-9.e-]+, drift [0-9.e-]+";
            assertTrue(said.out.lines().anyMatch(one -> one.matches(line)), said.out);
        }
    }

    private static Object[] with(Object[] options, Object... more) {
        List<Object> all = new ArrayList<>(List.of(options));
        all.addAll(List.of(more));
        return all.toArray();
    }
}
