package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.ModelFile;

/** The levers of {@code thaw train}, each from its option to what comes of it. */
class TrainOptionsTest {

    private static final String CACHE = "thaw.cache";

    @TempDir
    private static Path folder;
    private static Path data;
    private static String cacheBefore;

    @BeforeAll
    static void pictures() throws IOException {
        data = ColourPictures.blueAndRed(folder.resolve("data"));
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

    /** What a command line that ran in this process said. */
    private record Said(int code, String out, String err) {
    }

    private static Said run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] line = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
        int code = Main.run(line, new PrintWriter(out, true), new PrintWriter(err, true));
        // Java's own remark about the missing module, where tests run without it, comes before.
        String said = String.join("\n", err.toString().lines().filter(one -> !one.contains("--add-modules")).toList());
        return new Said(code, out.toString(), said);
    }

    /** Trains for a short time into a folder of the name, with more options. */
    private static Said train(String name, Object... options) {
        List<Object> line = new ArrayList<>(List.of("train", data, "--arch", "resnet20", "--size", ColourPictures.SIDE, "--batch",
                5, "--threads", 1, "--insight", 0, "-o", folder.resolve(name)));
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

    @Test
    void precompute() throws IOException {
        Object[] head = {"--freeze-epochs", 3, "--epochs", 0, "--frozen-bn", "eval"};
        Said asked = train("precomputed", with(head, "--precompute", "on"));
        assertTrained(asked);
        assertTrue(asked.out.contains("features are computed once for each image and its mirror image"), asked.out);
        assertTrue(settings("precomputed").contains("\"precompute\" : \"REQUIRED\""));
        Said unasked = train("unasked", head);
        assertTrained(unasked);
        assertTrue(unasked.out.contains("features are computed once"), unasked.out);
        Said off = train("through the body", with(head, "--precompute", "off"));
        assertTrained(off);
        assertFalse(off.out.contains("features"), off.out);
    }

    @Test
    void precomputeThatWouldChangeTheHeadIsRefused() {
        assertFails(train("refused", "--freeze-epochs", 2, "--augment", "fastai", "--precompute", "on"),
                "varied by Flip, Warp", "--frozen-bn eval");
        assertFails(train("refused", "--freeze-epochs", 0, "--precompute", "on"), "no phase trains the head alone");
        assertFails(train("refused", "--precompute", "always"), "--precompute", "auto or on or off");
        assertTrue(Files.notExists(folder.resolve("refused")), "nothing is begun");
    }

    /** Pictures that are blue, red, or both; the threshold goes from training into the model, and from there into what it says. */
    @Test
    void picturesOfSeveralLabels() throws IOException {
        Path pictures = folder.resolve("several");
        List<String> table = new ArrayList<>(List.of("file,labels"));
        for (String kind : List.of("blue", "red", "blue+red")) {
            int rgb = (kind.contains("red") ? 0xc00000 : 0) + (kind.contains("blue") ? 0xc0 : 0);
            ColourPictures.fill(pictures.resolve(kind), 10, rgb);
            for (int i = 0; i < 10; i++) {
                table.add(kind + "/" + i + ".png," + kind.replace('+', '|'));
            }
        }
        Path labels = Files.write(pictures.resolve("labels.csv"), table);
        Object[] line = {"train", pictures, "--arch", "resnet20", "--size", 8, "--batch", 8, "--epochs", 12, "--lr", "0.02",
            "--threads", 1, "--labels", labels, "--multi-label=|", "--threshold", 0.8, "-o", folder.resolve("colours")};
        assertTrained(run(line));
        Path model = folder.resolve("colours/model.safetensors");
        assertEquals(0.8, ModelFile.read(model).threshold());

        Said found = run("evaluate", pictures, "--model", model, "--labels", labels, "--multi-label=|", "--json",
                "--predictions", folder.resolve("colours.csv"));
        assertEquals(0, found.code, found::toString);
        JsonNode seen = new ObjectMapper().readTree(found.out);
        assertEquals(60, seen.get("total").asInt(), "a decision for each picture and label");
        assertTrue(seen.get("accuracy").asDouble() > 0.6, found.out);
        double[] thresholds = {0.8, 0.1};
        for (double threshold : thresholds) {
            Object[] predict = {"predict", pictures.resolve("blue+red/0.png"), "--model", model, "--json"};
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
    void sizesGrowAndBrokenPicturesAreCountedInEach() throws IOException {
        Path pictures = ColourPictures.blueAndRed(folder.resolve("with broken ones"));
        Files.writeString(pictures.resolve("train/blue/broken.png"), "no picture");
        Files.writeString(pictures.resolve("valid/red/broken.png"), "no picture");
        Files.writeString(pictures.resolve("train/blue/notes.txt"), "no picture");
        Path run = folder.resolve("growing");
        Said said = run("train", pictures, "--arch", "resnet20", "--sizes", "8,12,16", "--batch", 5, "--threads", 1, "--epochs", 3,
                "-o", run);
        assertEquals(0, said.code, said::toString);
        assertTrue(said.err.startsWith("thaw: 2 pictures were passed over: "), said.err);
        assertTrue(said.out.contains("21 pictures to train on, 9 to validate on, 2 classes, 1 other file skipped"), said.out);
        assertTrue(said.out.contains(" % on 8 pictures;"), said.out);
        List<String> phases = Files.readAllLines(run.resolve("log.csv")).stream().skip(1)
                .map(row -> row.substring(0, row.indexOf(','))).toList();
        assertEquals(List.of("all 8", "all 12", "all 16"), phases);
        assertEquals(16, ModelFile.read(run.resolve("model.safetensors")).transforms().size());
        assertFails(run("train", pictures, "--arch", "resnet20", "--sizes", "8,-1", "--epochs", 2, "-o", folder.resolve("refused")),
                "--sizes", "at least 1");
    }

    private static Object[] with(Object[] options, Object... more) {
        List<Object> all = new ArrayList<>(List.of(options));
        all.addAll(List.of(more));
        return all.toArray();
    }
}
