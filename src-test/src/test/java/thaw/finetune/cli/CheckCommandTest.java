package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.Chromium;
import thaw.finetune.data.Csv;

/** {@code thaw check}: its words, its table and its page; nothing in the data changes. */
class CheckCommandTest {

    @TempDir
    private static Path folder;
    private static Path data;

    /** Red and blue images with a copy of a blue training image among the red validation images, and a file that is no image. */
    @BeforeAll
    static void write() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        Files.copy(data.resolve("train/blue/3.png"), data.resolve("valid/red/copy <3>.png"));
        Files.writeString(data.resolve("train/red/text.png"), "no image");
    }

    private static Map<Path, Long> times() throws IOException {
        Map<Path, Long> times = new HashMap<>();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.toList()) {
                times.put(file, Files.getLastModifiedTime(file).toMillis());
            }
        }
        return times;
    }

    @Test
    void saysWhatIsWrongAndChangesNothing() throws IOException {
        Map<Path, Long> before = times();
        Path table = folder.resolve("check.csv");
        Run run = Run.of("check", data, "-o", folder.resolve("check.html"), "--csv", table, "--size", ColourImages.SIDE);
        assertEquals(0, run.code(), run::toString);
        assertTrue(run.out().contains("1 validation image is a copy of training images: a leak"), run::toString);
        assertTrue(run.out().contains("1 copy has another label"), run::toString);
        assertTrue(run.out().contains("1 exact-copy"), run::toString);
        assertTrue(run.out().contains("1 unreadable"), run::toString);
        assertEquals(before, times());
        List<String> copy = Csv.read(table).stream().filter(row -> row.get(2).equals("exact-copy")).findFirst().orElseThrow();
        assertEquals(List.of(data.resolve("valid/red/copy <3>.png").toString(), "valid", "exact-copy", "1.0", "red", "",
                data.resolve("train/blue/3.png").toString(), "train", "blue"), copy.subList(0, 9));

        Run json = Run.of("check", data, "-o", folder.resolve("check.html"), "--csv", table, "--size", ColourImages.SIDE, "--json");
        JsonNode result = new ObjectMapper().readTree(json.out());
        assertEquals(1, result.get("leaks").asInt());
        assertEquals(1, result.get("conflicts").asInt());
        assertEquals(21, result.get("train_images").asInt());
        assertEquals(1, result.get("findings").get("unreadable").asInt());
        assertTrue(result.get("label_accuracy").asDouble() > 0.9, json::toString);
    }

    /** In a browser, on a phone and on a desk, light and dark: nothing in the console, no sideways scrolling, all images shown. */
    @Test
    void thePageWorksInABrowser(@TempDir(cleanup = CleanupMode.NEVER) Path profile) throws Exception {
        Path page = folder.resolve("browsed.html");
        assertEquals(0, Run.of("check", data, "-o", page, "--csv", folder.resolve("browsed.csv"), "--size", ColourImages.SIDE).code());
        String html = Files.readString(page);
        for (String remote : List.of("http:", "https:", "<script", "src=\"/", "url(")) {
            assertFalse(html.contains(remote), remote);
        }
        assertTrue(html.contains("<strong>Leak:</strong> 1 validation image is a copy of training images"), html);
        try (Chromium tab = Chromium.open(profile)) {
            for (int width : new int[] {390, 1280}) {
                for (String colours : List.of("light", "dark")) {
                    tab.screen(width, colours);
                    tab.load(page.toUri());
                    assertTrue(tab.evaluate("document.documentElement.scrollWidth <= innerWidth").asBoolean(), width + " " + colours);
                    assertTrue(tab.evaluate("document.images.length >= 2 && [...document.images].every(image => image.naturalWidth > 0)")
                            .asBoolean());
                    assertTrue(tab.evaluate("document.body.innerText.includes('copy <3>.png')").asBoolean());
                }
            }
            assertEquals(List.of(), tab.console());
        }
    }

    @Test
    void errorsSayWhatToDo() {
        Path page = folder.resolve("none.html");
        Run.of("check", folder.resolve("missing"), "-o", page).requireFailure("missing");
        Run.of("check", data, "-o", page, "--batch", 0).requireFailure("--batch: ");
        Run.of("check", data, "-o", page, "--arch", "resnet18").requireFailure("--weights");
        Run.of("check", data, "-o", page, "--weights", data.resolve("train/red/text.png")).requireFailure("text.png");
        Run.of("check", data, "-o", folder.resolve("no/folder/page.html")).requireFailure("no/folder");
        Run.of("check", data, "-o", page, "--csv", page).requireFailure("--csv: ", "none.html");
        Run.of("check").requireFailure("DATA");
        assertFalse(Files.exists(page));
    }
}
