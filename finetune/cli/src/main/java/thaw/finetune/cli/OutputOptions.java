package thaw.finetune.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Option;
import thaw.finetune.train.FiniteJson;

/**
 * A command's output: text, or with {@code --json} a single JSON object on standard output. An undefined number is
 * {@code null} in JSON and "not defined" in text.
 */
final class OutputOptions {

    /** Writes ASCII only, so that the output does not depend on the terminal's character set. */
    private static final ObjectMapper JSON = FiniteJson.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private static final int WIDTH = 80;
    /** After all other options in the help. */
    private static final int LAST = 2;

    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--json", order = LAST, description = "Prints one JSON object instead of text.")
    private boolean json;

    @Option(names = "--verbose", order = LAST, description = "Shows the stack trace of an error.")
    private boolean verbose;

    @Option(names = {"-h", "--help"}, usageHelp = true, order = LAST, description = "Shows this help.")
    private boolean help;

    /** Prints the command's help with its hidden options included; returns the exit code. */
    int helpAll() {
        CommandSpec shown = CommandSpec.create().name(spec.qualifiedName()).usageMessage(spec.usageMessage());
        spec.positionalParameters().forEach(one -> shown.addPositional(PositionalParamSpec.builder(one).build()));
        spec.options().forEach(one -> shown.addOption(OptionSpec.builder(one).hidden(false).build()));
        text(new CommandLine(shown).getUsageMessage().stripTrailing());
        return 0;
    }

    /** The exception for a parameter that is missing. */
    CommandLine.ParameterException missing(String parameter) {
        return new CommandLine.ParameterException(spec.commandLine(), "Missing required parameter: '" + parameter + "'");
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** A number by a {@code format} such as {@code %.4f}, or "not defined" if it is not finite. */
    static String number(String format, double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "not defined";
    }

    /** Prints text, unless {@code --json} is given. */
    void text(String text) {
        if (!json) {
            out().println(text);
        }
    }

    /** Prints text in lines of at most {@value #WIDTH} columns, unless {@code --json} is given. */
    void paragraph(String text) {
        text(wrapped(text));
    }

    /** Lines of at most {@value #WIDTH} columns, broken at spaces; a text that fits keeps its spaces. */
    static String wrapped(String text) {
        if (text.length() <= WIDTH) {
            return text;
        }
        StringBuilder lines = new StringBuilder();
        int column = 0;
        for (String word : text.strip().split(" +")) {
            if (column > 0 && column + 1 + word.length() > WIDTH) {
                lines.append(System.lineSeparator());
                column = 0;
            }
            lines.append(column == 0 ? "" : " ").append(word);
            column += (column == 0 ? 0 : 1) + word.length();
        }
        return lines.toString();
    }

    /** Prints the command's result, if {@code --json} is given. */
    void result(ObjectNode object) {
        if (json) {
            try {
                out().println(JSON.writeValueAsString(object));
            } catch (JsonProcessingException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }
    }

    /** Prints a note to standard error, on one line. */
    void note(String text) {
        spec.commandLine().getErr().println(ErrorLine.line(text));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
