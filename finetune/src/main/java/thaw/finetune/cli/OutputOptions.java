package thaw.finetune.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import thaw.finetune.run.FiniteJson;

/**
 * How a command speaks: in text for people, or with {@code --json} in one JSON object on standard output and nothing else
 * there. A number that is not defined is {@code null} there, "not defined" in text.
 */
final class OutputOptions {

    /** Plain ASCII, so that the object arrives whole whatever the terminal's character set. */
    private static final ObjectMapper JSON = FiniteJson.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    private CommandLine.Model.CommandSpec spec;

    @Option(names = "--json", description = "Prints one JSON object instead of text.")
    private boolean json;

    @Option(names = "--verbose", description = "Shows where an error comes from.")
    private boolean verbose;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this.")
    private boolean help;

    boolean json() {
        return json;
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** A number as {@code format} has it, such as {@code %.4f}, or that it is not defined. */
    static String number(String format, double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "not defined";
    }

    /** Text, which is left out with {@code --json}. */
    void text(String text) {
        if (!json) {
            out().println(text);
        }
    }

    /** The command's result for programs, which is left out without {@code --json}. */
    void result(ObjectNode object) {
        if (json) {
            try {
                out().println(JSON.writeValueAsString(object));
            } catch (JsonProcessingException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }
    }

    /** A remark on standard error, on one line. */
    void note(String text) {
        spec.commandLine().getErr().println(ErrorLine.line(text));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
