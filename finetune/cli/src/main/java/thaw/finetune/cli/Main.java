package thaw.finetune.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import thaw.finetune.bench.Mode;
import thaw.finetune.data.FileNames;
import thaw.finetune.data.Split;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.run.RunSettings;
import thaw.finetune.train.FrozenBatchNorm;
import thaw.finetune.train.Precompute;
import thaw.resnet.Granularity;
import thaw.resnet.Head;
import thaw.resnet.Variant;

/**
 * The command line. Exit codes: 0 for success, 2 for failure, 130 for an interrupted training. A
 * command that fails writes one line beginning with {@code thaw:} to standard error, and with {@code --json} nothing to
 * standard output; {@code thaw predict} writes a line per broken image, and the predictions of the others.
 */
@Command(name = "thaw", versionProvider = Version.class, customSynopsis = "thaw COMMAND [OPTIONS]",
        description = "Fine-tunes ResNets on folders of images.",
        subcommands = {DemoCommand.class, LessonCommand.class, CheckCommand.class, TrainCommand.class, LrFindCommand.class,
            EvaluateCommand.class, PredictCommand.class, AdaptCommand.class, BlendCommand.class, InterpretCommand.class,
            SimilarCommand.class, CompareCommand.class,
            VisualizeCommand.class,
            ServeCommand.class, GroupsCommand.class, ConvertCommand.class, ExportCommand.class, DevicesCommand.class, TuneCommand.class,
            BenchCommand.class,
            PretrainDemoCommand.class, RehearseCommand.class},
        optionListHeading = "%n", commandListHeading = "%n",
        footer = {"", "thaw COMMAND --help shows the options of a command.", "",
            "Example: thaw train photos --weights resnet50.pth --lr 1e-5,1e-4,1e-2"})
public final class Main implements Runnable {

    static final int FAILED = 2;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this help.")
    private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Shows the versions of Thaw and Java.")
    private boolean version;

    private Main() {
    }

    public static void main(String[] args) {
        Terminal.eraseIncubatorWarning(System.err);
        PrintWriter err = new PrintWriter(System.err, true);
        for (String arg : args) {
            if (FileNames.isDamaged(arg) && FileNames.listed(arg).isEmpty()) {
                err.println(ErrorLine.of(new Failure(FileNames.remedy(arg))));
                System.exit(FAILED);
            }
        }
        int code = run(args, new PrintWriter(System.out, true), err);
        System.exit(isWritten(err) ? code : FAILED);
    }

    /**
     * Whether all output has reached standard output, or its reader has closed the pipe. Java's print streams record only that
     * a write failed; writing one more line break directly reports the reason.
     */
    private static boolean isWritten(PrintWriter err) {
        if (!System.out.checkError()) {
            return true;
        }
        String reason = "the output is incomplete";
        try {
            // Not closed: if a shell has closed standard output, its descriptor may belong to a file that Java itself reads.
            new FileOutputStream(FileDescriptor.out).write('\n');
        } catch (IOException failed) {
            if ("Broken pipe".equals(failed.getMessage())) {
                return true;
            }
            reason = failed.getMessage();
        }
        err.println(ErrorLine.of(new Failure("cannot write to standard output: " + reason)));
        return false;
    }

    /** Runs one command line and returns its exit code. */
    static int run(String[] args, PrintWriter out, PrintWriter err) {
        CommandLine line = new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .registerConverter(Path.class, text -> FileNames.isDamaged(text) ? FileNames.listed(text).orElseThrow() : Path.of(text))
                .registerConverter(Head.class, NetworkOptions.HEADS)
                .registerConverter(Precompute.When.class, TrainCommand.PRECOMPUTE)
                .registerConverter(DataOptions.Variation.class, Choice.of(DataOptions.Variation.class))
                .registerConverter(RunSettings.Keep.class, Choice.of(RunSettings.Keep.class))
                .registerConverter(Split.class, Choice.of(Split.class))
                .registerConverter(FrozenBatchNorm.class, Choice.of(FrozenBatchNorm.class))
                .registerConverter(Mode.class, Choice.of(Mode.class))
                .registerConverter(Variant.class, Choice.of(Variant.class))
                .registerConverter(Granularity.class, new Choice<>(List.of(Granularity.values()), Granularity::label))
                .registerConverter(LearningRates.class, Spelling.parsing(LearningRates::parse, List.of()))
                .registerConverter(OptimizerRecipe.class, Spelling.parsing(OptimizerRecipe::parse, OptimizerRecipe.names()))
                .registerConverter(ScheduleRecipe.class, Spelling.parsing(ScheduleRecipe::parse, ScheduleRecipe.names()))
                .setParameterExceptionHandler(wrongUsage())
                .setExecutionExceptionHandler(failure());
        line.getSubcommands().values().forEach(command -> {
            // A blank line before the first list.
            boolean hasParameters = !command.getCommandSpec().positionalParameters().isEmpty();
            command.getCommandSpec().usageMessage().parameterListHeading("%n").optionListHeading(hasParameters ? "" : "%n");
        });
        try {
            return line.execute(args);
        } catch (Error error) {
            // picocli passes exceptions to the handler, but errors to the caller.
            return report(error, line);
        }
    }

    /** {@code thaw} without a command. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command; expected one of "
                + spec.subcommands().entrySet().stream()
                        .filter(command -> !command.getValue().getCommandSpec().usageMessage().hidden())
                        .map(Map.Entry::getKey).collect(Collectors.joining(", ")));
    }

    private static IParameterExceptionHandler wrongUsage() {
        return (wrong, args) -> {
            CommandLine line = wrong.getCommandLine();
            line.getErr().println(ErrorLine.ofUsage(wrong));
            return FAILED;
        };
    }

    private static IExecutionExceptionHandler failure() {
        return (exception, line, parsed) -> report(exception, line);
    }

    private static int report(Throwable failure, CommandLine line) {
        line.getErr().println(ErrorLine.of(failure));
        if (isVerbose(line)) {
            failure.printStackTrace(line.getErr());
        }
        return FAILED;
    }

    private static boolean isVerbose(CommandLine line) {
        CommandLine.ParseResult parsed = line.getParseResult();
        while (parsed != null && parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }
        return parsed != null && parsed.hasMatchedOption("--verbose");
    }
}
