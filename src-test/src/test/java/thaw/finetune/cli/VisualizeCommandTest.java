package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** The page of {@code thaw visualize}: whole, self-contained, and of the images and networks that were given. */
class VisualizeCommandTest {
    private static final int MOST_BYTES = 5 << 20;

    @TempDir
    private static Path folder;
    private static Path data;

    @BeforeAll
    static void write() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 2, 1);
            Transforms transforms = Transforms.of(ColourImages.SIDE);
            ModelFile.of(net, List.of("blue", "red"), transforms).write(folder.resolve("before.safetensors"));
            // Twice the weights of one convolution: its filters have moved by 100 %.
            net.namedParameters().get("layer2.1.conv2.weight").set(doubled(net.namedParameters().get("layer2.1.conv2.weight").toFloats()));
            // A norm that gives nothing but negative numbers.
            net.namedParameters().get("layer3.2.bn2.bias").set(filled(64, -1e6f));
            ModelFile.of(net, List.of("blue", "red"), transforms).write(folder.resolve("after.safetensors"));
            ModelFile.of(ResNet.of(Architecture.byName("resnet32"), device, 2, 1), List.of("blue", "red"), transforms)
                    .write(folder.resolve("other.safetensors"));
        }
    }

    private static float[] doubled(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= 2;
        }
        return values;
    }

    private static float[] filled(int count, float value) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        return values;
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    @Test
    void thePageShowsChannelsAndPredictions() throws IOException {
        Path page = folder.resolve("page.html");
        Run run = Run.of("visualize", folder.resolve("before.safetensors"), data, "-o", page, "--channels", "layer2:3,31", "--top", 2,
                "--explain", 3);
        assertEquals(0, run.code(), run::toString);
        String html = Files.readString(page);
        assertTrue(html.length() < MOST_BYTES);
        assertTrue(html.contains("layer2, channel 3<") && html.contains("layer2, channel 31<") && !html.contains("layer2, channel 4<"));
        // Two channels of each stage; three images.
        assertEquals(6, count(html, "<div class=\"three\">") + count(html, "<p class=\"quiet\">dead</p>"));
        assertEquals(3, count(html, "<div class=\"four\">"));
        assertTrue(html.contains("28 images; one value of layer1 sees 15 × 15 pixels"),
                html.substring(html.indexOf("lead"), html.indexOf("lead") + 200));
        for (String remote : List.of("http:", "https:", "<script", "src=\"/", "url(")) {
            assertFalse(html.contains(remote), remote);
        }
    }

    @Test
    void beforeAndAfterAreCompared() throws IOException {
        Path page = folder.resolve("both.html");
        Run run = Run.of("visualize", folder.resolve("after.safetensors"), data, "-o", page, "--before",
                folder.resolve("before.safetensors"),
                "--top", 1, "--explain", 0);
        assertEquals(0, run.code(), run::toString);
        String html = Files.readString(page);
        // One of six convolutions of layer2 moved by 100 %, none of layer1; all of layer3's channels are dead.
        assertTrue(html.contains("layer1</th><td>0.0 %</td>"), html.substring(html.indexOf("Before and after")));
        assertTrue(html.contains("layer2</th><td>16.7 %</td>"), html.substring(html.indexOf("Before and after")));
        assertTrue(html.contains("→ 64 of 64"));
        assertTrue(html.contains("64 of 64 channels are dead"));
    }

    @Test
    void withoutArgumentsThawsOwnNetworkIsShown() {
        Path page = folder.resolve("own.html");
        Run run = Run.of("visualize", "-o", page, "--top", 1, "--explain", 1, "--json");
        assertEquals(0, run.code(), run::toString);
        assertTrue(run.out().contains("\"page\""), run::toString);
    }

    @Test
    void errorsSayWhatToDo() {
        Path model = folder.resolve("before.safetensors");
        Path page = folder.resolve("none.html");
        Run.of("visualize", model, "-o", page).requireFailure("no images: give files or folders after the model");
        Run.of("visualize", model, data, "-o", page, "--channels", "layer9:1").requireFailure("--channels: expected a stage of");
        Run.of("visualize", model, data, "-o", page, "--channels", "layer2:32")
                .requireFailure("--channels: layer2 has channels 0 to 31, got 32");
        Run.of("visualize", model, data, "-o", page, "--before", folder.resolve("other.safetensors"))
                .requireFailure("--before: ", "is a resnet32", "expected one architecture");
        Run.of("visualize", model, folder.resolve("missing.jpg"), "-o", page);
        assertFalse(Files.exists(page));
    }
}
