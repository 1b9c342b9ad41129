package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;
import thaw.resnet.ResNet;

/** Errors: one line on standard error, nothing on standard output, and exit code 2. */
class ErrorsTest {

    @TempDir
    private static Path folder;
    private static Path data;
    private static Path weights;

    @BeforeAll
    static void prepare() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        weights = folder.resolve("resnet20.safetensors");
        try (Device device = Device.cpu(1)) {
            Weights.write(weights, ResNet.resnet20(device, 10).stateDict(), Map.of());
        }
    }

    /** @param words the texts that the line must contain */
    private static void assertFails(List<?> args, String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] line = args.stream().map(Object::toString).toArray(String[]::new);
        assertEquals(2, Main.run(line, new PrintWriter(out, true), new PrintWriter(err, true)), args + ": " + err);
        // The note about the missing Vector API module precedes it if tests run without the module.
        List<String> lines = err.toString().lines().filter(l -> !l.contains("--add-modules")).toList();
        assertEquals(1, lines.size(), err::toString);
        assertTrue(lines.get(0).startsWith("thaw: "), err::toString);
        Arrays.stream(words).forEach(word -> assertTrue(lines.get(0).contains(word), "'" + word + "' in " + err));
        assertEquals("", out.toString());
    }

    @Test
    void usage() {
        assertFails(List.of(), "train", "evaluate", "see thaw --help");
        assertFails(List.of("trian"), "'trian'", "did you mean train?");
        assertFails(List.of("train"), "'DATA'", "see thaw train --help");
        assertFails(List.of("train", data, "--wieghts", weights), "--wieghts", "did you mean --weights?");
        assertFails(List.of("groups", "resnet18", "resnet34"), "too many", "resnet34");
        assertFails(List.of("groups", "resnet18", "--lr", "fast"), "--lr", "fast");
        assertFails(List.of("train", data, "--arch", "resnet20", "--schedule", "cosin"), "one-cycle, ", "\"cosin\"",
                "did you mean cosine?");
        assertFails(List.of("train", data, "--arch", "resnet20", "--device", "tpu"), "--device", "tpu");
        assertFails(List.of("train", data, "--arch", "resnet20", "--threads", 0), "--threads", "at least 1");
        assertFails(List.of("train", data, "--arch", "resnet20", "--batch", 0), "--batch", "at least 1");
        assertFails(List.of("train", data, "--arch", "resnet20", "--epochs", 0), "--epochs", "--freeze-epochs");
        assertFails(List.of("train", data), "--weights", "--arch");
        assertFails(List.of("train", data, "--arch", "resnet20", "--seed", "1.5"), "--seed", "1.5", "not a whole number");
        assertFails(List.of("train", data, "--arch", "resnet20", "--lr", "1,,2"), "--lr", "expected one such as 1e-3");
        assertFails(List.of("train", data, "--arch", "resnet20", "--momentum", 1), "--momentum", "below 1");
        assertFails(List.of("train", data, "--arch", "resnet20", "--weight-decay", "NaN"), "--weight-decay", "NaN");
        assertFails(List.of("train", data, "--arch", "resnet20", "--optimizer", "adam"), "--optimizer", "known are adamw, sgd",
                "did you mean adamw?");
        assertFails(List.of("train", data, "--arch", "resnet20", "--optimizer", "sgd(beta1=0.5)"), "--optimizer",
                "SGD has no option beta1");
        assertFails(List.of("train", data, "--arch", "resnet20", "--optimizer", "adamw", "--nesterov"), "--nesterov",
                "AdamW has no option nesterov");
        assertFails(List.of("train", data, "--arch", "resnet20", "--clip", -1), "--clip", "above 0, got -1.0");
        assertFails(List.of("train", data, "--arch", "resnet20", "--accumulate", 0), "--accumulate", "at least 1");
        assertFails(List.of("train", data, "--arch", "resnet20", "--freeze-to", 3), "--freeze-to", "early, middle, head");
        assertFails(List.of("groups", "resnet18", "--classes", 0), "--classes", "at least 1");
    }

    @Test
    void architectures() {
        assertFails(List.of("lesson", "--data", data), "--data and --weights");
        assertFails(List.of("lesson", "-o", folder.resolve("page.txt")), "--out", ".html", "page.txt");
        assertFails(List.of("lesson", "--images", 1, "-o", folder.resolve("page.html")), "at least 2 training images", "got 1");
        assertFails(List.of("lesson", "--chapter", "cows"), "--chapter", "shifts");
        assertFails(List.of("adapt", weights, data), "class_names");
        assertFails(List.of("groups", "resnet5O"), "resnet5O", "did you mean resnet50?", "resnext101_32x8d");
        assertFails(List.of("train", data, "--arch", "vgg16"), "vgg16", "known: resnet18");
    }

    @Test
    void ratesNameTheGroups() {
        String[] words = {"--lr", "or 3, one for each of [early, middle, head]", "got 2"};
        assertFails(List.of("groups", "resnet50", "--lr", "1e-3,1e-2"), words);
        assertFails(List.of("train", data, "--weights", weights, "--lr", "1e-3,1e-2"), words);
        assertFails(List.of("train", data, "--weights", weights, "--lr", "-1"), "--lr", "at least 0", "-1");
    }

    @Test
    void folders() throws IOException {
        assertFails(List.of("train", folder.resolve("nowhere"), "--arch", "resnet20"), "nowhere", "no such folder");
        assertFails(List.of("train", data.resolve("train/red"), "--arch", "resnet20"), "red", "no class folders");
        Path empty = folder.resolve("one class is empty");
        ColourImages.fill(empty.resolve("full"), 2, 0x808080);
        Files.createDirectories(empty.resolve("void"));
        assertFails(List.of("train", empty, "--arch", "resnet20"), "class 'void' has no image");
        Path single = folder.resolve("one image per class");
        ColourImages.fill(single.resolve("a"), 1, 0x808080);
        ColourImages.fill(single.resolve("b"), 1, 0x202020);
        assertFails(List.of("train", single, "--arch", "resnet20"), single.toString(), "validate");
        Path alone = folder.resolve("one class");
        ColourImages.fill(alone.resolve("a"), 4, 0x808080);
        assertFails(List.of("train", alone, "--arch", "resnet20"), alone.toString(), "at least two classes");
    }

    /** Without the launcher, in a locale of another encoding, Java decodes file names wrongly; an existing file is found by its bytes. */
    @Test
    void namesThatJavaCannotHave() throws IOException, InterruptedException {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")) && Files.isExecutable(Path.of("/bin/sh")),
                "skipped: this Java cannot name such files");
        ColourImages.fill(folder.resolve("names/caf\u00e9"), 2, 0x808080);
        ColourImages.fill(folder.resolve("names/\u732b"), 2, 0x202020);
        Path odd = folder.resolve("k\u00e4t");
        ColourImages.fill(odd, 1, 0x808080);
        Files.move(odd.resolve("0.png"), odd.resolve("k\u00e4tzchen.png"));
        assertEquals(0, inAsciiLocale(List.of("predict", "k\u00e4t/k\u00e4tzchen.png", "--model", model().toString())).exit);
        for (List<String> args : List.of(List.of("predict", "\u00fc.png"), List.of("train", "names", "--arch", "resnet20"))) {
            Ended process = inAsciiLocale(args);
            String said = process.said;
            assertEquals(2, process.exit, said);
            assertTrue(said.lines().filter(line -> !line.startsWith("WARNING")).allMatch(line -> line.startsWith("thaw: ")
                    && line.contains("start Java with the environment variable LC_ALL=C.UTF-8")), said);
        }
    }

    private record Ended(int exit, String said) {
    }

    private static Ended inAsciiLocale(List<String> args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(args);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        return new Ended(process.waitFor(), said);
    }

    @Test
    void images() throws IOException {
        Path model = model();
        Path text = Files.writeString(folder.resolve("text.jpg"), "not an image");
        assertFails(List.of("predict", text, "--model", model), "text.jpg", "not an image");
        assertFails(List.of("predict", folder.resolve("none.jpg"), "--model", model, "--json"), "none.jpg", "no such file");
        Path broken = folder.resolve("broken");
        ColourImages.fill(broken.resolve("a"), 4, 0x808080);
        ColourImages.fill(broken.resolve("b"), 4, 0x202020);
        Files.copy(text, broken.resolve("b/text.png"));
        assertFails(List.of("evaluate", broken, "--weights", weights), "for 10 classes", "has 2");
        assertFails(List.of("train", broken, "--arch", "resnet20", "--size", 8, "--strict", "--json", "-o",
                folder.resolve("x.safetensors")), "text.png", "not an image");
    }

    private static Path model() throws IOException {
        Path model = folder.resolve("model.safetensors");
        StringWriter err = new StringWriter();
        String[] train = {"train", data.toString(), "--arch", "resnet20", "--size", "8", "--epochs", "1", "--json", "-o",
            model.toString()};
        assertEquals(0, Main.run(train, new PrintWriter(new StringWriter()), new PrintWriter(err, true)), err::toString);
        return model;
    }

    @Test
    void weightFiles() throws IOException {
        assertFails(List.of("train", data, "--weights", weights, "--arch", "resnet32"),
                "resnet20", "resnet32", weights.toString());
        assertFails(List.of("train", data, "--weights", folder.resolve("none.pth")), "none.pth", "no such file");
        Path text = Files.writeString(folder.resolve("text.pth"), "not a weight file");
        assertFails(List.of("evaluate", data, "--weights", text), "text.pth", "text, not weights");
        Path other = folder.resolve("other.safetensors");
        Weights.write(other, Map.of("encoder.weight", StoredTensor.of(Shape.of(1), new float[] {1})), Map.of());
        assertFails(List.of("train", data, "--weights", other), "not weights of a residual network", "encoder.weight");
        assertFails(List.of("evaluate", data, "--model", weights), "resnet20.safetensors", "class_names");
        assertFails(List.of("evaluate", data, "--model", weights, "--weights", weights), "either --model or --weights");
        assertFails(List.of("evaluate", data, "--arch", "resnet20"), "--weights");
    }

    @Test
    void outputs() throws IOException {
        assertFails(List.of("train", data, "--weights", weights, "-o", folder.resolve("no/where.safetensors")), "no folder");
        assertFails(List.of("train", data, "--weights", weights, "-o", folder), folder.toString(), "is a folder");
        byte[] before = Files.readAllBytes(weights);
        assertFails(List.of("convert", weights, weights), "input file itself");
        Path link = Files.createSymbolicLink(folder.resolve("link.safetensors"), weights);
        assertFails(List.of("convert", weights, link), "input file itself");
        assertFails(List.of("convert", weights, folder.resolve("out.pth")), "safetensors");
        assertEquals(before.length, Files.size(weights));
        assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(weights)));
    }

    @Test
    void runs() throws IOException {
        assertFails(List.of("train", data, "--arch", "resnet20", "--resume"), "--resume", "-o RUN/");
        assertFails(List.of("train", "--resume", "-o", folder.resolve("no run")), "no run", "no settings.json");
        assertFails(List.of("train", data, "--arch", "resnet20", "--patience", 2), "--patience", "-o RUN/");
        Path file = Files.writeString(folder.resolve("a file"), "mine");
        Path other = Files.createDirectories(folder.resolve("other things"));
        Files.writeString(other.resolve("notes.txt"), "mine");
        assertFails(List.of("train", data, "--arch", "resnet20", "-o", other), "other things", "notes.txt");
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void optionsThatExcludeOneAnother() {
        assertFails(List.of("train", data, "--arch", "resnet20", "--fine-tune", "--lr", "0.1"), "--fine-tune", "--lr");
        assertFails(List.of("train", data, "--arch", "resnet20", "--gradual", "--freeze-to", "1"), "--gradual", "--freeze-to");
        assertFails(List.of("train", data, "--arch", "resnet20", "--mixup", "--cutmix"), "--mixup", "--cutmix");
        assertFails(List.of("train", data, "--arch", "resnet20", "--suffix", ".jpg"), "--suffix", "--labels");
        assertFails(List.of("evaluate", data, "--labels", folder.resolve("x.csv"), "--flat"), "--flat", "--labels");
        assertFails(List.of("train", data, "--arch", "resnet20", "--multi-label=;"), "--multi-label", "--labels");
        assertFails(List.of("train", data, "--arch", "resnet20", "--layer-decay", "0.75", "--lr", "1e-4:1e-2"), "--layer-decay");
        assertFails(List.of("train", data, "--arch", "resnet20", "--sizes", "8,16", "--epochs", "1"), "--sizes", "2 sizes");
        assertFails(List.of("train", data, "--arch", "resnet20", "--size", "8", "--sizes", "8,16"), "--size", "--sizes");
        assertFails(List.of("train", data, "--arch", "resnet20", "--groups", "4"), "3, stages or blocks", "'4'");
        assertFails(List.of("train", data, "--arch", "resnet20", "--ema", "1"), "--ema", "below 1");
        assertFails(List.of("train", data, "--arch", "resnet20", "--valid", "1"), "--valid", "between 0 and 1");
        assertFails(List.of("train", data, "--arch", "resnet20", "--lr", "0:1e-2"), "--lr", "freeze");
    }

    @Test
    void aFullDiskUnderStandardOutput() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "skipped: this system has no /dev/full");
        ThawProcess thaw = ThawProcess.startInto(full, folder, "groups", "resnet18", "--json");
        assertEquals(2, thaw.exitCode(), thaw.errors()::toString);
        assertEquals(1, thaw.errors().size());
        assertTrue(thaw.errors().get(0).startsWith("thaw: cannot write to standard output: "), thaw.errors()::toString);
    }

    @Test
    void divergence() {
        assertFails(List.of("train", data, "--arch", "resnet20", "--size", 8, "--lr", "1e30", "--json", "-o",
                folder.resolve("never.safetensors")), "lower rates");
        assertTrue(Files.notExists(folder.resolve("never.safetensors")));
    }

    @Test
    void stackTracesAreForTheVerbose() {
        Run terse = Run.of("evaluate", "nowhere", "--json");
        terse.requireFailure("nowhere");
        assertEquals("", terse.out());
        Run verbose = Run.of("evaluate", "nowhere", "--verbose");
        assertEquals(2, verbose.code());
        assertEquals(terse.errors().get(0), verbose.errors().get(0));
        assertTrue(verbose.errors().stream().anyMatch(line -> line.startsWith("\tat thaw.")), verbose::toString);
    }

    @Test
    void notEnoughMemory() throws IOException {
        List<String> smallHeap = List.of("--add-modules", "jdk.incubator.vector", "-XX:TieredStopAtLevel=1", "-Xmx40m");
        ThawProcess thaw = ThawProcess.start(folder, smallHeap, "train", data, "--arch", "resnet20", "--size", 512, "--json",
                "-o", "big.safetensors");
        assertEquals(2, thaw.exitCode(), thaw::toString);
        assertEquals(List.of(), thaw.output());
        assertEquals(1, thaw.errors().size(), thaw::toString);
        assertTrue(thaw.errors().get(0).contains("memory") || thaw.errors().get(0).contains("heap"), thaw::toString);
        assertTrue(thaw.errors().get(0).contains("40 MiB"), thaw::toString);
    }
}
