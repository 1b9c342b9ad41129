package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code thaw bench} with a small network and small images; figures are checked only for properties of any machine. */
class BenchCommandTest {

    private record Run(int code, String out, String err) {

        static Run of(String... options) {
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            String[] args = new String[options.length + 1];
            args[0] = "bench";
            System.arraycopy(options, 0, args, 1, options.length);
            int code = Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
            return new Run(code, out.toString(), err.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"infer", "train", "train-head"})
    void jsonOfEachMode(String mode) throws IOException {
        Run run = Run.of("--arch", "resnet20", "--mode", mode, "--batch", "2", "--size", "16", "--threads", "1",
                "--warm-up", "0", "--profile", "--json");
        assertEquals(0, run.code, run::toString);
        assertEquals(1, run.out.lines().count(), run::toString);
        JsonNode json = new ObjectMapper().readTree(run.out);
        assertEquals("resnet20", json.get("arch").asText());
        assertEquals(mode, json.get("mode").asText());
        assertEquals(2, json.get("batch").asInt());
        assertEquals(16, json.get("size").asInt());
        assertEquals(1, json.get("threads").asInt());
        assertEquals(9, json.get("runs").asInt());
        assertTrue(json.get("species").asText().matches("plain|\\d+-bit"), run::toString);
        double median = json.get("median_ms").asDouble();
        assertTrue(json.get("min_ms").asDouble() > 0 && json.get("min_ms").asDouble() <= median, run::toString);
        assertEquals(2000 / median, json.get("images_per_second").asDouble(), 1e-6 * 2000 / median);
        assertTrue(json.get("gflops").asDouble() > 0 && json.get("matmul_gflops").asDouble() > 0, run::toString);
        assertTrue(json.get("start_to_first_step_ms").asLong() > 0, run::toString);
        assertTrue(json.has("peak_rss_mib") && json.has("spread") && json.has("java") && json.has("steady"), run::toString);
        assertTrue(json.get("peak_rss_mib").isNull() || json.get("peak_rss_mib").asDouble() > 1, run::toString);
        double last = Double.MAX_VALUE;
        int convolutions = 0;
        for (JsonNode operator : json.get("operators")) {
            assertTrue(operator.get("ms").asDouble() <= last, run::toString);
            last = operator.get("ms").asDouble();
            convolutions += operator.get("operator").asText().startsWith("conv2d") ? operator.get("calls").asInt() : 0;
            assertTrue(operator.has("operator") && operator.has("shapes") && operator.get("calls").asInt() > 0, run::toString);
        }
        assertTrue(mode.equals("infer") ? convolutions == 19 : convolutions >= 19, run::toString);
    }

    @Test
    void plainLoopsProfiledForPeople() {
        Run run = Run.of("--arch", "resnet20", "--batch", "1", "--size", "16", "--warm-up", "0", "--plain", "--profile");
        assertEquals(0, run.code, run::toString);
        assertEquals("", run.err);
        List<String> lines = run.out.lines().toList();
        assertTrue(lines.get(0).matches("resnet20, infer, batch 1 of 16×16 pixels, on cpu, scalar loops.*"), run::toString);
        assertTrue(run.out.contains("images/s") && run.out.contains("GFLOP/s"), run::toString);
        assertTrue(run.out.matches("(?s).* \\d+ +[\\d.]+  conv2d\\w*\\n.*"), run::toString);
        assertTrue(run.out.matches("(?s).* \\d+ +[\\d.]+  conv2d\\w*  \\[1, 64, 4, 4] → 64, 3×3.*"), run::toString);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "--arch resnet19   | unknown architecture 'resnet19'; did you mean resnet",
        "--mode training   | expected infer, train or train-head, got 'training'",
        "--batch 0         | --batch: expected at least 1, got 0",
        "--size -3         | --size: expected at least 1, got -3",
        "--warm-up -1      | --warm-up: expected 0 or more seconds, got -1",
        "--runs 3          | --runs: expected at least 9, got 3",
        "--threads 0       | --threads: expected at least 1, got 0",
        "--batch many      | 'many' is not a whole number",
        "--device gpu      | got 'gpu'",
        "--plain --device reference | --plain"})
    void wrongOptions(String options, String words) {
        Run run = Run.of(options.split(" "));
        assertEquals(2, run.code, run::toString);
        assertEquals("", run.out);
        assertEquals(1, run.err.lines().count(), run::toString);
        assertTrue(run.err.startsWith("thaw: ") && run.err.contains(words), run::toString);
    }
}
