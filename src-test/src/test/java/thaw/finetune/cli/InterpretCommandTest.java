package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.Chromium;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** The page of {@code thaw interpret}: whole, self-contained, and of the images that were given. */
class InterpretCommandTest {

    @TempDir
    private static Path folder;
    private static Path data;
    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        model = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 2, 1);
            // All images are predicted as red.
            net.namedParameters().get("fc.weight").set(new float[2 * 64]);
            net.namedParameters().get("fc.bias").set(0, 1);
            ImageFolder images = ImageFolder.of(data).size(ColourImages.SIDE);
            ModelFile.of(net, List.of("blue", "red"), images.transforms()).known(Evaluation.of(net, images).knownImages().orElseThrow())
                    .write(model);
        }
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    @Test
    void thePageShowsMistakesAndNeighbours() throws IOException {
        Path page = folder.resolve("page.html");
        Run run = Run.of("interpret", model, data, "-o", page, "--like", data.resolve("train/blue/3.png"), "--json");
        assertEquals(0, run.code(), run::toString);
        assertTrue(run.out().contains("\"correct\":4") || run.out().contains("\"correct\" : 4"), run::toString);
        String html = Files.readString(page);
        assertTrue(html.contains("<strong>50.0 %</strong> correct: 4 of 8 images"), html.substring(html.indexOf("lead")));
        assertTrue(html.contains("<th scope=\"row\">blue</th><td>red</td><td>4</td><td>100.0 %</td>"));
        // -log(1 / (1 + e)), and 1 / (1 + 1/e) of probability for red.
        assertEquals(4, count(html, "predicted <strong>red</strong> (73.1 %); actual class <strong>blue</strong>; loss 1.31"));
        assertEquals(8, count(html, "alt=\"Grad-CAM of red\""));
        assertEquals(8, count(html, "<input type=\"radio\""));
        assertTrue(html.contains("Images like 3.png"));
        for (String remote : List.of("http:", "https:", "<script", "src=\"/", "url(")) {
            assertFalse(html.contains(remote), remote);
        }
    }

    /** Images of another colour than those of the classes. */
    private static Path others() throws IOException {
        Path others = folder.resolve("others");
        if (!Files.exists(others)) {
            ColourImages.fill(others, 5, 0x20c040);
        }
        return others;
    }

    @Test
    void imagesOfNoneOfTheClassesGiveAnRocCurve() throws IOException {
        Path page = folder.resolve("others.html");
        Run run = Run.of("interpret", model, data, "-o", page, "--others", others(), "--json");
        assertEquals(0, run.code(), run::toString);
        JsonNode novelty = new ObjectMapper().readTree(run.out()).get("novelty");
        assertEquals(5, novelty.get("others").asInt());
        // Eight images are too few for 95 %: λ is the largest of their distances.
        assertEquals(1, novelty.get("kept").asDouble());
        String html = Files.readString(page);
        assertTrue(html.contains("ROC curve: images of none of the classes"));
        assertTrue(html.contains("100.0 % of the 8 images of these classes are known"));
        Run.of("interpret", model, data, "-o", page, "--others", folder.resolve("missing")).requireFailure("missing: no such folder");
        Path some = folder.resolve("some");
        ColourImages.fill(some, 2, 0x20c040);
        Files.writeString(some.resolve("text.png"), "no image");
        Run skipped = Run.of("interpret", model, data, "-o", page, "--others", some);
        assertTrue(skipped.errors().stream().anyMatch(line -> line.contains("1 image was skipped") && line.contains("text.png")),
                skipped::toString);
    }

    /** In a browser, on a phone and on a desk, light and dark: nothing in the console, no sideways scrolling, points chosen by keys. */
    @Test
    void thePageWorksInABrowser(@TempDir(cleanup = CleanupMode.NEVER) Path profile) throws Exception {
        Path page = folder.resolve("browsed.html");
        assertEquals(0, Run.of("interpret", model, data, "-o", page, "--others", others()).code());
        try (Chromium tab = Chromium.open(profile)) {
            for (int width : new int[] {390, 1280}) {
                for (String colours : List.of("light", "dark")) {
                    tab.screen(width, colours);
                    tab.load(page.toUri());
                    assertTrue(tab.evaluate("document.documentElement.scrollWidth <= innerWidth").asBoolean(), width + " " + colours);
                    assertTrue(tab.evaluate("[...document.images].every(image => image.naturalWidth > 0)").asBoolean());
                    // A figure's numbers are also in a table.
                    assertTrue(tab.evaluate("[...document.querySelectorAll('figure:has(svg), figure:has(.map)')]"
                            + ".every(figure => figure.querySelector('table'))").asBoolean());
                    tab.evaluate("document.querySelector('.map input').focus()");
                    tab.press("ArrowDown", 40);
                    tab.press("ArrowDown", 40);
                    assertEquals("block", tab.evaluate("getComputedStyle(document.querySelectorAll('.map input')[2]"
                            + ".nextElementSibling).display").asText());
                    assertEquals(1, tab.evaluate("document.querySelectorAll('.map input:checked').length").asInt());
                }
            }
            assertEquals(List.of(), tab.console());
        }
    }

    @Test
    void errorsSayWhatToDo() throws IOException {
        Path page = folder.resolve("none.html");
        Run.of("interpret", model, folder.resolve("missing"), "-o", page).requireFailure("missing");
        Run.of("interpret", model, data, "-o", page, "--like", folder.resolve("missing.jpg")).requireFailure("missing.jpg");
        Run.of("interpret", model, data, "-o", page, "--batch", 0).requireFailure("--batch: ");
        Path other = ColourImages.blueAndRed(folder.resolve("other"));
        ColourImages.fill(other.resolve("valid/green"), 2, 0x20c040);
        Run.of("interpret", model, other, "-o", page).requireFailure("green");
        Run.of("interpret", data.resolve("valid/red/0.png"), data, "-o", page).requireFailure("0.png");
        assertFalse(Files.exists(page));
    }
}
