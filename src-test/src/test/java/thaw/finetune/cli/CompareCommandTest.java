package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.lesson.Lesson;

/** Runs beside each other: variants by their settings, differences paired by seed, and errors that teach. */
class CompareCommandTest {

    @TempDir
    private Path folder;

    @Test
    void pairsVariantsBySeed() throws IOException {
        Path data = ColourImages.blueAndRed(folder.resolve("data"));
        List<Object> command = new ArrayList<>(List.of("compare"));
        List<Double> accuracies = new ArrayList<>();
        for (String rate : List.of("0.01", "0.001")) {
            for (int seed = 1; seed <= 2; seed++) {
                Path run = folder.resolve(rate + "-" + seed);
                Run trained = Run.of("train", data, "--arch", "resnet20", "--size", 8, "--batch", 4, "--epochs", 2, "--lr", rate, "--seed",
                        seed, "--threads", 1, "-o", run);
                assertEquals(0, trained.code(), trained::toString);
                List<String> log = Files.readAllLines(run.resolve("log.csv"));
                int column = List.of(log.get(0).split(",")).indexOf("accuracy");
                accuracies.add(Double.parseDouble(log.get(log.size() - 1).split(",")[column]));
                command.add(run);
            }
        }
        Path page = folder.resolve("compare.html");
        command.addAll(List.of("-o", page, "--json"));
        Run compared = Run.of(command.toArray());
        assertEquals(0, compared.code(), compared::toString);
        JsonNode json = new ObjectMapper().readTree(compared.out());
        List<String> variants = new ArrayList<>();
        json.get("runs").forEach(run -> variants.add(run.get("variant").asText()));
        assertEquals(List.of("A", "A", "B", "B"), variants);
        assertEquals(1, json.get("differences").size());
        JsonNode difference = json.get("differences").get(0);
        assertEquals("B", difference.get("variant").asText());
        assertEquals("[1,2]", difference.get("seeds").toString());
        double expected = (accuracies.get(2) - accuracies.get(0) + accuracies.get(3) - accuracies.get(1)) / 2;
        assertEquals(expected, difference.get("difference").asDouble(), 1e-9);
        String html = Files.readString(page);
        assertTrue(html.contains("plan[0].rates was") && html.contains("Distance of each layer group"), html);
        assertFalse(html.contains("<script") || html.contains("NaN") || html.contains("http:"));
    }

    @Test
    void teaches() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path page = folder.resolve("page.html");
        Run.of("compare", empty, "-o", page).requireFailure("at least two runs");
        Run.of("compare", folder.resolve("none"), empty, "-o", page).requireFailure("no such folder", "thaw train");
        Run.of("compare", empty, empty, "-o", page).requireFailure("no settings.json", "thaw train");
        Files.writeString(empty.resolve("settings.json"), "{}");
        Run.of("compare", empty, empty, "-o", page).requireFailure("no log.csv");
        Files.writeString(empty.resolve("log.csv"), "phase,epoch,train_loss,valid_loss\r\n");
        Run.of("compare", empty, empty, "-o", page).requireFailure("no finished epoch");
        assertFalse(Files.exists(page));
        Run.of("lesson", "--chapter", "rate", "-o", page).requireFailure("unknown chapter 'rate'", "did you mean rates?");
        String help = Run.of("lesson", "--help").out();
        Lesson.embedded(new Lesson.Amount(2, 10, 1, 1)).questions().keySet().forEach(name -> assertTrue(help.contains(name), name));
    }
}
