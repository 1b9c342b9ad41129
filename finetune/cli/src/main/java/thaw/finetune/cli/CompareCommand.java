package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.io.AtomicFile;
import thaw.finetune.lesson.RunComparison;

/** {@code thaw compare}: puts runs beside each other, as a page. */
@Command(name = "compare", sortOptions = false, customSynopsis = "thaw compare RUN RUN… [-o PAGE.html] [OPTIONS]",
        description = "Puts the curves, layer groups and results of runs beside each other.",
        footer = {"", "Example: thaw compare one-rate three-rates -o compare.html"})
final class CompareCommand extends Subcommand {

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "Folders of runs, two or more.")
    private List<Path> runs;

    @Option(names = {"-o", "--out"}, paramLabel = "PAGE.html", defaultValue = "compare.html",
            description = "The page (default: compare.html).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        AtomicFile.requireWritable(out);
        RunComparison comparison = RunComparison.of(runs);
        String command = "thaw compare " + runs.stream().map(Path::toString).collect(Collectors.joining(" ")) + " -o " + out;
        AtomicFile.write(out, comparison.html(command).getBytes(StandardCharsets.UTF_8));
        output.paragraph(comparison.summary());
        comparison.text().forEach(output::paragraph);
        output.text(System.lineSeparator() + "The page is " + out + ".");
        ObjectNode json = OutputOptions.object().put("page", out.toString());
        comparison.json(json);
        output.result(json);
        return 0;
    }
}
