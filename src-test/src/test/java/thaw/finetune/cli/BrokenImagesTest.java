package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.images.ImageAttacks;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Outcome;
import thaw.finetune.predict.Prediction;

/** Unreadable images among readable ones: each is named, and the results for the others are the same as without them. */
class BrokenImagesTest {

    private static final int BROKEN = 5;
    /** The limit beside attacks, so that no second goes into each that is merely large. */
    private static final int MOST_PIXELS = 1_000_000;

    @TempDir
    private static Path folder;
    private static Path data;
    private static Path model;

    @BeforeAll
    static void train() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        model = folder.resolve("model.safetensors");
        Run.of("train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1, "--json", "-o", model);
    }

    private static Path withBroken(String name) throws IOException {
        Path some = ColourImages.blueAndRed(folder.resolve(name));
        for (int i = 0; i < BROKEN; i++) {
            Files.writeString(some.resolve(i % 2 == 0 ? "train/blue" : "valid/red").resolve("broken" + i + ".png"), "no image");
        }
        return some;
    }

    @Test
    void predictSaysTheOthers() throws IOException {
        Path text = Files.writeString(folder.resolve("text.jpg"), "no image");
        Path gone = folder.resolve("gone.jpg");
        Path good = data.resolve("valid/red/0.png");
        Path all = folder.resolve("all.csv");
        Run thaw = Run.of("predict", text, good, gone, good, "--model", model, "--json", "--csv", all);
        assertEquals(2, thaw.code(), thaw::toString);
        assertEquals(2, thaw.errors().size(), thaw::toString);
        assertTrue(thaw.errors().get(0).startsWith("thaw: " + text + ": not an image"), thaw::toString);
        assertTrue(thaw.errors().get(1).startsWith("thaw: " + gone + ": no such file"), thaw::toString);
        JsonNode predictions = new ObjectMapper().readTree(thaw.out()).get("predictions");
        assertEquals(4, predictions.size());
        assertEquals(text.toString(), predictions.get(0).get("image").asText());
        assertTrue(predictions.get(0).get("error").asText().contains("not an image"), predictions::toString);
        assertEquals(predictions.get(1), predictions.get(3));
        JsonNode alone = Run.json("predict", good, "--model", model).get("predictions").get(0);
        assertEquals(alone, predictions.get(1));
        List<String> table = Files.readAllLines(all);
        assertEquals(List.of(text + ",,,", gone + ",,,"), List.of(table.get(1), table.get(3)));
        assertTrue(table.get(2).startsWith(good + ","), table::toString);
    }

    /** A folder is expanded to its images; a pipe or a device, which may never end, is not opened. */
    @Test
    void predictTakesFoldersAndNoDevices() throws IOException, InterruptedException {
        Path some = withBroken("to predict").resolve("train/blue");
        assertEquals(0, new ProcessBuilder("mkfifo", some.resolve("pipe.png").toString()).start().waitFor());
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Run thaw = Run.of("predict", some, empty, "/dev/zero", "--model", model);
        assertEquals(2, thaw.code(), thaw::toString);
        assertEquals(10, thaw.out().lines().count(), thaw::toString);
        assertEquals(some.resolve("0.png").toString(), thaw.out().split("  ")[0]);
        assertEquals(3 + 3, thaw.errors().size(), thaw::toString);
        assertTrue(thaw.errors().get(3).contains("/dev/zero: is a pipe, a socket or a device"), thaw::toString);
        assertTrue(thaw.errors().get(4).contains("pipe.png: is a pipe, a socket or a device"), thaw::toString);
        assertTrue(thaw.errors().get(5).contains("empty: is a folder without images"), thaw::toString);
    }

    @Test
    void aClassifierHasAnOutcomeForEach() throws IOException {
        List<ImageSource> good = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            good.add(ImageSource.of(data.resolve("train/red/" + i + ".png")));
            good.add(ImageSource.of(data.resolve("train/blue/" + i + ".png")));
        }
        List<ImageSource> mixed = new ArrayList<>(good);
        for (int at : List.of(0, 7, 8, 22)) {
            mixed.add(at, ImageSource.of(folder.resolve("none" + at + ".png")));
        }
        try (Classifier classifier = Classifier.load(model, Classifier.options().threads(1))) {
            List<Outcome> outcomes = classifier.tryPredictAll(mixed);
            assertEquals(mixed, outcomes.stream().map(Outcome::image).toList());
            List<Prediction> predicted = outcomes.stream().filter(Outcome.Predicted.class::isInstance)
                    .map(one -> ((Outcome.Predicted) one).prediction()).toList();
            assertEquals(classifier.predictAll(good), predicted);
            assertEquals(4, outcomes.stream().filter(Outcome.Broken.class::isInstance).count());
            assertTrue(((Outcome.Broken) outcomes.get(7)).reason().getMessage().contains("none7.png: no such file"));
            assertEquals(List.of(), classifier.tryPredictAll(List.of()));
        }
    }

    @Test
    void trainAndEvaluateNameAll() throws IOException {
        Path some = withBroken("to train on");
        Path run = folder.resolve("run");
        Run thaw = Run.of("train", some, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1, "--json", "-o", run);
        assertEquals(0, thaw.code(), thaw::toString);
        assertEquals(1, thaw.errors().size(), thaw::toString);
        assertTrue(thaw.errors().get(0).endsWith("; and 2 more, all of which are in " + run.resolve("broken.csv")), thaw::toString);
        JsonNode json = new ObjectMapper().readTree(thaw.out());
        assertEquals(BROKEN, json.get("broken_images").asInt());
        List<String> named = new ArrayList<>();
        json.get("broken").forEach(one -> named.add(one.get("file").asText() + "," + one.get("reason").asText()));
        assertEquals(BROKEN, named.size());
        List<String> table = Files.readAllLines(run.resolve("broken.csv"));
        assertEquals("file,reason", table.get(0));
        assertEquals(BROKEN + 1, table.size());
        assertTrue(table.get(1).startsWith(some.resolve("train/blue/broken0.png") + ","), table::toString);
        assertEquals("train/ 23 images of 2 classes, valid/ 10 images to validate on", json.get("data").get("summary").asText());

        thaw = Run.of("evaluate", some, "--model", run.resolve("model.safetensors"), "--json");
        assertEquals(0, thaw.code(), thaw::toString);
        json = new ObjectMapper().readTree(thaw.out());
        assertEquals(2, json.get("broken_images").asInt());
        assertEquals(some.resolve("valid/red/broken1.png").toString(), json.get("broken").get(0).get("file").asText());
    }

    /** Files that attack the decoders, beside sound ones: the run uses these, and names each of the others that it can't read. */
    @Test
    void trainsBesideAttacks() throws IOException {
        Path some = ColourImages.blueAndRed(folder.resolve("attacked"));
        Map<String, byte[]> attacks = ImageAttacks.files();
        for (Map.Entry<String, byte[]> attack : attacks.entrySet()) {
            Files.write(some.resolve("train/red").resolve(attack.getKey()), attack.getValue());
        }
        Path run = folder.resolve("attacked run");
        Run thaw = Run.of("train", some, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1, "--max-pixels",
                MOST_PIXELS, "--json", "-o", run);
        assertEquals(0, thaw.code(), thaw::toString);
        List<String> table = Files.readAllLines(run.resolve("broken.csv"));
        assertEquals(new ObjectMapper().readTree(thaw.out()).get("broken_images").asInt() + 1, table.size());
        for (String name : attacks.keySet()) {
            Path file = some.resolve("train/red").resolve(name);
            boolean listed = table.stream().anyMatch(line -> line.startsWith(file + ","));
            assertEquals(!isReadable(file), listed, name);
        }
    }

    private static boolean isReadable(Path file) {
        try {
            ImageDecoder.decode(file, MOST_PIXELS, Transforms.of(ColourImages.SIDE)::square);
            return true;
        } catch (ImageReadException unreadable) {
            return false;
        }
    }

    /** A run killed in its only epoch resumes after the broken images found so far, and still names them at its end. */
    @Test
    void aKilledTrainingKeepsThem() throws IOException, InterruptedException {
        Path some = withBroken("to be killed over");
        Path run = folder.resolve("killed");
        Object[] command = {"train", some, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1, "--batch", 2,
            "--checkpoint-every", 0, "--resume", "-o", run};
        ThawProcess thaw = ThawProcess.start(folder, command);
        Path state = run.resolve("checkpoint/state.safetensors");
        while (thaw.isRunning() && !(named(run).contains("broken4.png") && Files.exists(state))) {
            Thread.sleep(2);
        }
        thaw.kill();
        ThawProcess again = ThawProcess.start(folder, command);
        assertEquals(0, again.exitCode(), again::toString);
        for (int i = 0; i < BROKEN; i++) {
            assertTrue(named(run).contains("broken" + i + ".png"), named(run));
        }
        assertEquals(BROKEN + 1, named(run).lines().count());
    }

    private static String named(Path run) throws IOException {
        return Files.exists(run.resolve("broken.csv")) ? Files.readString(run.resolve("broken.csv")) : "";
    }
}
