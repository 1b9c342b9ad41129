package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

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

    void requireFailure(String... words) {
        assertEquals(2, code, toString());
        assertEquals(1, errors.size(), toString());
        assertTrue(errors.get(0).startsWith("thaw: "), toString());
        Arrays.stream(words).forEach(word -> assertTrue(errors.get(0).contains(word), word + " in " + errors));
    }
}
