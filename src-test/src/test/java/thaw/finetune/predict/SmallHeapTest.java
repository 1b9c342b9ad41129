package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.Extent;
import thaw.engine.Device;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** In a small heap a classifier predicts again and again, with the bits of a large heap, although it keeps fewer weights. */
class SmallHeapTest {
    private static final int PREDICTIONS = 4;
    private static final int SIDE = 224;

    /** Prints the results of predictions one after the other; its argument is a model file. */
    public static void main(String[] args) throws IOException {
        System.out.println(String.join("\n", predictions(Path.of(args[0]))));
    }

    private static List<String> predictions(Path model) throws IOException {
        byte[] rgb = new byte[3 * SIDE * SIDE];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 31 + i / 977 * 7);
        }
        List<String> found = new ArrayList<>();
        try (Classifier classifier = Classifier.of(ModelFile.read(model), Device.cpu(2))) {
            for (int i = 0; i < PREDICTIONS; i++) {
                found.add(classifier.predict(ImageSource.of(RgbImage.of(SIDE, SIDE, rgb), "image")).probabilities().toString());
            }
        }
        return found;
    }

    static List<Arguments> networks() {
        String vectors = "--add-modules=jdk.incubator.vector";
        return Extent.everyNth(5, Stream.of(Arguments.of("resnet18", 96, vectors), Arguments.of("resnet18", 128, vectors),
                Arguments.of("resnet18", 128, "-Dplain"), Arguments.of("resnet50", 256, "-Dplain"),
                Arguments.of("resnet50", 256, vectors)));
    }

    @ParameterizedTest(name = "{0} in {1} MiB, {2}")
    @MethodSource("networks")
    void predictsAgainAndAgain(String architecture, int mebibytes, String option, @TempDir Path folder) throws Exception {
        Path model = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(2)) {
            ModelFile.of(ResNet.of(Architecture.byName(architecture), device, 3, 1), List.of("a", "b", "c"), Transforms.of(SIDE))
                    .write(model);
        }
        String large = run(model, 2000, option);
        assertEquals(PREDICTIONS, large.lines().count(), large);
        assertEquals(1, large.lines().distinct().count(), large);
        assertEquals(large, run(model, mebibytes, option));
    }

    private static String run(Path model, int mebibytes, String option) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + mebibytes + "m", option, "-cp", System.getProperty("java.class.path"), SmallHeapTest.class.getName(),
                model.toString()).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines()
                .filter(line -> !line.startsWith("WARNING: Using incubator modules")).reduce("", (a, b) -> a + b + "\n");
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }
}
