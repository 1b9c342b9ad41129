package thaw.finetune.lesson;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.lesson.Claim.Unit;
import thaw.finetune.lesson.Claim.Verdict;
import thaw.finetune.lesson.Lesson.Amount;
import thaw.finetune.train.DivergenceException;

class LessonTest {

    @TempDir
    private Path folder;

    private JsonNode run(String page, List<String> chapters, AtomicInteger trials) throws IOException {
        LessonPage found = Lesson.embedded(new Amount(4, 10, 1, 2)).run(chapters, folder.resolve("lesson.json"), 2,
                (chapter, done, all, earlier) -> {
                    trials.set(all);
                    assertTrue(done <= all && earlier <= done && chapters.contains(chapter), chapter + " " + done + " of " + all);
                });
        Files.writeString(folder.resolve(page), found.html(name -> "thaw lesson --chapter " + name));
        ObjectNode json = new ObjectMapper().createObjectNode();
        found.json(json);
        return json.get("chapters");
    }

    /** Each chapter has a page with its question, its command, its claims with a verdict, and a source that exists. */
    @Test
    void chaptersAnswer() throws IOException {
        List<String> names = List.of("line", "restarts", "layers", "pytorch");
        AtomicInteger trials = new AtomicInteger();
        JsonNode chapters = run("page.html", names, trials);
        assertEquals(3 * 2 + 2 * 2 + 1, trials.get());
        assertEquals(names, StreamSupport.stream(chapters.spliterator(), false).map(one -> one.get("chapter").asText()).toList());
        String html = Files.readString(folder.resolve("page.html"));
        List<String> verdicts = Arrays.stream(Verdict.values()).map(Verdict::words).toList();
        for (JsonNode chapter : chapters) {
            String name = chapter.get("chapter").asText();
            assertTrue(html.contains(chapter.get("question").asText()), name);
            assertTrue(html.contains("thaw lesson --chapter " + name), name);
            assertTrue(chapter.get("claims").size() > 0, name);
            chapter.get("claims").forEach(claim -> assertTrue(verdicts.contains(claim.get("verdict").asText()), claim::toString));
        }
        assertFalse(html.contains("<script") || html.contains("http:") || html.contains("NaN"), "self-contained, without NaN");
        Files.delete(folder.resolve("page.html"));
        // What the file holds is not measured again: the same numbers, and a page at once.
        assertEquals(chapters, run("again.html", names, trials));
    }

    @Test
    void sourcesExist() {
        Map<String, String> questions = Lesson.embedded(new Amount(20, 20, 1, 2)).questions();
        assertEquals(9, questions.size());
        questions.keySet().forEach(name -> {
            String source = new NamedChapter(name).source();
            assertTrue(Files.exists(Path.of("..", source)), source);
        });
    }

    private record NamedChapter(String name) implements Chapter {
        @Override
        public String question() {
            return "";
        }

        @Override
        public int trials() {
            return 0;
        }

        @Override
        public Answer answer(Lab lab) {
            throw new AssertionError("only the name and the source of this chapter are asked for");
        }
    }

    /** torchvision's ResNet-152 has 60,192,808 parameters and takes 11.51 billion multiply-adds at 224 pixels. */
    @Test
    void layersOfResNet152() throws IOException {
        JsonNode blocks = run("layers.html", List.of("layers"), new AtomicInteger()).get(0).get("blocks");
        assertEquals(52, blocks.size());
        long parameters = 0;
        long multiplyAdds = 0;
        int layers = 0;
        for (JsonNode block : blocks) {
            parameters += block.get("parameters").asLong();
            multiplyAdds += block.get("multiply_adds").asLong();
            layers += block.get("layers").asInt();
        }
        assertEquals(60_192_808, parameters);
        assertEquals(11.51, multiplyAdds / 1e9, 0.01);
        assertEquals(152, layers);
        // conv1 sees 7 pixels, the pool after it 11 (Araujo, Norris and Sim 2019).
        assertEquals(11, blocks.get(0).get("receptive_field").asInt());
    }

    @Test
    void verdictsFollowFromIntervals() {
        PairedDifference clear = PairedDifference.of(new double[] {0.31, 0.30, 0.32}, new double[] {0.1, 0.1, 0.1});
        PairedDifference wide = PairedDifference.of(new double[] {0.5, 0.1, 0.1}, new double[] {0.1, 0.1, 0.1});
        PairedDifference single = PairedDifference.of(new double[] {0.3}, new double[] {0.1});
        PairedDifference lost = PairedDifference.of(new double[] {Double.NaN, 0.1}, new double[] {0.1, 0.1});
        assertEquals(Verdict.HOLDS, Claim.above(0, "", "", clear, Unit.POINTS).verdict());
        assertEquals(Verdict.FAILS, Claim.above(0.3, "", "", clear, Unit.POINTS).verdict());
        assertEquals(Verdict.OPEN, Claim.above(0, "", "", wide, Unit.POINTS).verdict());
        assertEquals(Verdict.OPEN, Claim.above(0, "", "", single, Unit.POINTS).verdict());
        assertEquals(Verdict.OPEN, Claim.above(0, "", "", lost, Unit.POINTS).verdict());
        assertTrue(Double.isNaN(lost.p()) && Claim.above(0, "", "", lost, Unit.LOSS).difference().equals("–"));
        assertEquals(Verdict.FAILS, Claim.within(0.1, "", "", clear, Unit.POINTS).verdict());
        assertEquals(Verdict.HOLDS, Claim.within(0.5, "", "", clear, Unit.POINTS).verdict());
        assertEquals(Verdict.OPEN, Claim.within(0.2, "", "", wide, Unit.POINTS).verdict());
        assertEquals("exact", Claim.exact(false, "", "").interval());
    }

    @Test
    void divergedTrainingsCountAsGuesses() {
        Shift.Task task = new Shift.Task(new LessonImages(List.of(), List.of()), new LessonImages(List.of(), List.of()),
                List.of("a", "b", "c", "d"), true);
        assertArrayEquals(new double[] {0.7, 0}, TaskLearner.accuracy(task, () -> 0.7));
        assertArrayEquals(new double[] {0.25, 1}, TaskLearner.accuracy(task, () -> {
            throw new DivergenceException("loss is NaN");
        }));
    }
}
