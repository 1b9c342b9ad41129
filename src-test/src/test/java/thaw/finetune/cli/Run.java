package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The exit code and output of a command that was run in this process, and its errors by line. */
record Run(int code, String out, List<String> errors) {
    static Run of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] line = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
        int code = assertTimeoutPreemptively(Duration.ofMinutes(5),
                () -> Main.run(line, new PrintWriter(out, true), new PrintWriter(err, true)));
        return new Run(code, out.toString(), err.toString().lines().filter(l -> !l.contains("--add-modules")).toList());
    }

    /** Runs a command that must succeed with {@code --json}, and returns the JSON object on standard output. */
    static JsonNode json(Object... args) throws IOException {
        Run run = of(Stream.concat(Stream.of(args), Stream.of("--json")).toArray());
        assertEquals(0, run.code, run::toString);
        assertEquals(List.of(), run.errors, run::toString);
        assertEquals(1, run.out.lines().count(), run::toString);
        JsonNode json = new ObjectMapper().readTree(run.out);
        assertTrue(json.isObject(), run::toString);
        return json;
    }

    void requireFailure(String... words) {
        assertEquals(2, code, toString());
        assertEquals(1, errors.size(), toString());
        assertTrue(errors.get(0).startsWith("thaw: "), toString());
        Arrays.stream(words).forEach(word -> assertTrue(errors.get(0).contains(word), word + " in " + errors));
    }
}
