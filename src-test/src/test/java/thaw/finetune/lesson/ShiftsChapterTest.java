package thaw.finetune.lesson;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.demo.DrawnImages;
import thaw.finetune.demo.ShippedNetwork;
import thaw.finetune.lesson.Lesson.Amount;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.synthetic.SyntheticImages;

class ShiftsChapterTest {

    private static final List<String> GROUPS = List.of("stem", "layer1", "layer2", "layer3", "head");

    @TempDir
    private Path folder;

    /** A lesson that is ended after some trials goes on from there, and ends with the same numbers as one that is not. */
    @Test
    void goesOnAfterItsEnd() throws IOException {
        Amount least = new Amount(2, 10, 1, 1);
        List<String> shifts = List.of("shifts");
        Path ended = folder.resolve("ended.json");
        assertThrows(CancellationException.class, () -> Lesson.embedded(least).run(shifts, ended, 1, (chapter, done, all, earlier) -> {
            if (done == 5) {
                throw new CancellationException("ended");
            }
        }));
        int kept = new ObjectMapper().readTree(ended.toFile()).get("measured").size();
        assertTrue(kept >= 5, kept + " measurements");
        List<Integer> heard = new ArrayList<>();
        LessonPage found = Lesson.embedded(least).run(shifts, ended, 2, (chapter, done, all, earlier) -> heard.add(earlier));
        assertTrue(heard.get(0) >= kept, heard::toString);
        assertEquals(4 * (7 * 4 + 10 + 1), new ObjectMapper().readTree(ended.toFile()).get("measured").size());
        ObjectNode json = new ObjectMapper().createObjectNode();
        found.json(json);
        JsonNode chapter = json.get("chapters").get(0);
        assertEquals(List.of("input", "output", "near", "far"), texts(chapter.get("shifts"), "name"));
        chapter.get("shifts").forEach(shift -> {
            assertEquals(10, shift.get("ways").size());
            assertEquals(GROUPS, texts(shift.get("groups"), "group"));
        });
        String html = found.html(name -> "thaw lesson --chapter " + name);
        assertTrue(html.contains("<svg") && html.contains("thaw lesson --chapter shifts"));
        assertFalse(html.contains("<script") || html.contains("http:") || html.contains("NaN"), html);
        chapter.get("claims").forEach(claim -> assertTrue(html.contains(claim.get("verdict").asText())));
        String refused = assertThrows(IllegalArgumentException.class, () -> Lesson.embedded(new Amount(10, 10, 2, 1)).run(shifts, ended, 1,
                (name, done, all, earlier) -> {})).getMessage();
        assertTrue(refused.contains("other settings") && refused.contains(ended.toString()), refused);
        assertTrue(Files.exists(ended));
    }

    /** A training that diverges counts as a guess, and the page says so. */
    @Test
    void divergedTrainingsAreTold() {
        Map<Way, ShiftsChapter.Result> ways = new EnumMap<>(Way.class);
        for (Way way : Way.values()) {
            ways.put(way, new ShiftsChapter.Result(0.1, new double[] {0.5, 0.6}, way == Way.LAST ? 2 : 0));
        }
        Shift shift = new Shift("near", "made", draw -> List.of());
        Chapter.Answer answer = new ShiftsAnswer(new Amount(10, 10, 1, 2),
                Map.of(shift, new ShiftsChapter.OfShift(ways, Double.NaN, List.of()))).answer();
        assertTrue(answer.done().contains("accuracy of a guess: 2 of those counted"), answer.done());
        assertTrue(answer.figures().contains("55.0 %, 2 diverged"), answer.figures());
        assertTrue(answer.figures().contains("diverged on draw 1"), answer.figures());
        ways.put(Way.LAST, new ShiftsChapter.Result(0.1, new double[] {0.5, 0.6}, 0));
        assertTrue(new ShiftsAnswer(new Amount(10, 10, 1, 2), Map.of(shift, new ShiftsChapter.OfShift(ways, Double.NaN, List.of())))
                .answer().done().contains("No training that is counted diverged"));
    }

    private static List<String> texts(JsonNode array, String field) {
        List<String> texts = new ArrayList<>();
        array.forEach(one -> texts.add(one.get(field).asText()));
        return texts;
    }

    @Test
    void waysTrainTheirGroups() {
        assertEquals(List.of(0.0, 0.0, 0.0, 0.0, 0.1), Way.HEAD.rates(0.1, GROUPS).forGroups(GROUPS));
        assertEquals(List.of(0.1, 0.1, 0.0, 0.0, 0.0), Way.FIRST.rates(0.1, GROUPS).forGroups(GROUPS));
        assertEquals(List.of(0.0, 0.0, 0.0, 0.1, 0.0), Way.LAST.rates(0.1, GROUPS).forGroups(GROUPS));
        assertEquals(List.of(0.0, 0.0, 0.1, 0.1, 0.1), Way.FREEZE.rates(0.1, GROUPS).forGroups(GROUPS));
        List<Double> early = Way.EARLY_LOW.rates(0.1, GROUPS).forGroups(GROUPS);
        List<Double> late = Way.LATE_LOW.rates(0.1, GROUPS).forGroups(GROUPS);
        for (int i = 0; i < 5; i++) {
            assertEquals(early.get(i), late.get(4 - i));
        }
        assertEquals(0.001, early.get(0), 1e-12);
        TrainingPhase phase = Way.FREEZE.phase(3, 0.1, GROUPS);
        assertEquals(2, phase.freezeTo());
    }

    /** Ten images of ten classes each, test images in no draw, the same ones in every draw. */
    @Test
    void drawsAreBalancedAndApart() {
        SyntheticImages set = SyntheticImages.demo();
        Shift.Source source = new Shift.Source(DrawnImages.of(set, 5, 32, 120), set.classes(), ShippedNetwork.read().transforms(), 40, 30);
        Shift.Task first = source.draw(1);
        Shift.Task second = source.draw(2);
        assertEquals(first.test().samples(), second.test().samples());
        assertTrue(!first.train().samples().equals(second.train().samples()));
        for (Shift.Task task : List.of(first, second)) {
            Map<Integer, Integer> counts = new HashMap<>();
            task.train().samples().forEach(sample -> counts.merge(sample.label(), 1, Integer::sum));
            assertEquals(10, counts.size());
            counts.values().forEach(count -> assertEquals(4, count));
            assertTrue(task.train().samples().stream().noneMatch(task.test().samples()::contains));
        }
        Shift.Task turned = Shift.output(source).tasks().apply(1).get(0);
        for (int i = 0; i < 40; i++) {
            assertEquals(9 - first.train().sample(i).label(), turned.train().sample(i).label());
        }
        List<Shift.Task> corrupted = Shift.input(source).tasks().apply(1);
        assertEquals(2, corrupted.size());
        assertEquals(first.train().samples(), corrupted.get(0).train().samples());
        assertFalse(corrupted.get(0).train().image(0).equals(first.train().image(0)));
        assertArrayEquals(corrupted.get(1).test().image(3).rgb(), Shift.input(source).tasks().apply(1).get(1).test().image(3).rgb());
    }
}
