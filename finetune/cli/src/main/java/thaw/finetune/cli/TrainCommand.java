package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.metrics.CalibrationError;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.finetune.run.BrokenImages;
import thaw.finetune.run.Fingerprint;
import thaw.finetune.run.RunFolder;
import thaw.finetune.run.RunSettings;
import thaw.finetune.run.TrainingRun;
import thaw.finetune.train.Calibration;
import thaw.finetune.train.Learner;
import thaw.finetune.train.Precompute;
import thaw.finetune.train.TrainingSettings;
import thaw.kernels.DeviceException;
import thaw.resnet.GroupTable;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/** {@code thaw train}: trains a network on a folder of images, optionally its head alone first. */
@Command(name = "train", sortOptions = false, customSynopsis = "thaw train DATA [--weights FILE] [--arch NAME] [OPTIONS]",
        description = "Trains a ResNet on images, from weights or from scratch.",
        footer = {"", "Example: thaw train photos --weights resnet50.pth --lr 1e-5,1e-4,1e-2 -o RUN/"})
final class TrainCommand extends DeviceCommand {

    /** The values of {@code --precompute}. */
    static final Choice<Precompute.When> PRECOMPUTE = new Choice<>(
            List.of(Precompute.When.EXACT, Precompute.When.REQUIRED, Precompute.When.NEVER),
            when -> when == Precompute.When.EXACT ? "auto" : when == Precompute.When.REQUIRED ? "on" : "off");
    private static final String MODEL_ENDING = ".safetensors";
    private static final int PROBE_IMAGES = 32;
    private static final double UPDATE_RATIO_LIMIT = 1e-2;

    /** Least number of parameters for which kernels are compiled in advance; training a ResNet-20 takes less time than that. */
    private static final long WARMED_UP = 5_000_000;

    /** The thread count in a device's description, which does not affect results: they are bit-identical for any number. */
    private static final String THREADS = ", \\d+ threads?$";

    @CommandLine.Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DATA", arity = "0..1", description = "Folder of class folders, or of train/ and valid/.")
    private @Nullable Path dataFolder;

    @Mixin
    private NetworkOptions networkOptions;

    @Mixin
    private PlanOptions planOptions;

    @Mixin
    private FitOptions fitOptions;

    @Mixin
    private DataOptions dataOptions;

    @Option(names = "--patience", paramLabel = "N", defaultValue = "0",
            description = "Ends after N epochs without a lower validation loss.")
    private int patience;

    @Option(names = "--keep", paramLabel = "WHICH", defaultValue = "last",
            description = "Model to keep: last, or best by validation loss (default: last).")
    private RunSettings.Keep keep;

    @Option(names = "--precompute", paramLabel = "MODE", defaultValue = "auto", hidden = true,
            description = "Computes a frozen body's features once per image: auto, if the trained head is the same; on, an"
                    + " error if it is not; or off (default: auto).")
    private Precompute.When precompute;

    @Option(names = {"--diagnostics", "--insight"}, paramLabel = "STEPS", hidden = true,
            description = "Steps between diagnostics of the layer groups; 0: none (default: 10).")
    private @Nullable Integer diagnostics;

    @Option(names = {"-o", "--out"}, paramLabel = "OUT", defaultValue = "model.safetensors",
            description = "Folder for the run, or .safetensors file for the model alone (default: model.safetensors).")
    private Path out;

    @Option(names = "--resume", description = "Resumes the stopped run in -o RUN/.")
    private boolean resume;

    @Option(names = "--checkpoint-every", paramLabel = "SEC", defaultValue = "60", hidden = true,
            description = "Seconds between checkpoints, besides one after each epoch (default: 60).")
    private double checkpointSeconds;

    @Option(names = "--help-all", order = 3, description = "Shows this help with the rarely used options.")
    private boolean helpAll;

    @Override
    public Integer call() throws IOException {
        if (helpAll) {
            return output.helpAll();
        }
        RunFolder folder = out.toString().endsWith(MODEL_ENDING) || Files.isRegularFile(out) ? null : new RunFolder(out);
        requireSense(folder);
        if (resume && dataFolder == null) {
            return train(new Resumption(folder, output).settings(spec.commandLine().getParseResult()), folder);
        }
        if (dataFolder == null) {
            throw output.missing("DATA");
        }
        RunSettings settings = settings(folder);
        if (folder == null) {
            AtomicFile.requireWritable(out);
        } else if (resume && folder.hasRun()) {
            new Resumption(folder, output).requireSame(settings);
        } else {
            folder.requireFree();
        }
        return train(settings, folder);
    }

    private void requireSense(@Nullable RunFolder folder) {
        Failure.ifBelow("--patience", patience, 0);
        Failure.ifBelow("--diagnostics", diagnostics == null ? 0 : diagnostics, 0);
        if (!(checkpointSeconds >= 0)) {
            throw new Failure("--checkpoint-every: expected 0 or more seconds, got " + checkpointSeconds);
        }
        if (folder != null) {
            return;
        }
        if (resume) {
            throw new Failure("--resume needs -o RUN/, the folder of the run to resume; " + out + " is a model file");
        }
        if (patience > 0 || keep != RunSettings.Keep.LAST || diagnostics != null) {
            throw new Failure("--patience, --keep best and --diagnostics need a run folder; give -o RUN/ instead of " + out);
        }
    }

    private RunSettings settings(@Nullable RunFolder folder) throws IOException {
        NetworkOptions.Start start = networkOptions.read();
        List<String> groups = GroupTable
                .of(start.architecture(), 1, Architectures.nativeSize(start.architecture()), planOptions.granularity()).groups().stream()
                .map(GroupTable.Group::name).toList();
        dataOptions.requireSense();
        List<TrainingPhase> plan = planOptions.plan(start.isPretrained(), groups, fitOptions.rates(), fitOptions.momentum());
        fitOptions.requireFit(plan);
        Integer side = planOptions.lastSize(dataOptions.size());
        RunSettings.Data data = dataOptions.describe(dataFolder, start.transforms(side));
        RunSettings.Variation variation = dataOptions.variation();
        ImageFolder images = data.images(variation, deviceOptions.threads());
        int steps = diagnostics == null ? DiagnosticsOptions.standard().everySteps() : diagnostics;
        // Without a run folder, only the size of the steps is measured, for its warning.
        int probe = folder == null || Math.min(PROBE_IMAGES, images.batch()) < 2 ? 0 : PROBE_IMAGES;
        DiagnosticsOptions look = steps == 0 ? DiagnosticsOptions.off() : new DiagnosticsOptions(steps, probe, UPDATE_RATIO_LIMIT);
        return new RunSettings(data.found(images), start.describe(), variation,
                new TrainingSettings(planOptions.granularity().label(), plan, fitOptions.settings(), fitOptions.objective(images),
                        precompute, look),
                new RunSettings.Selection(patience, keep),
                new RunSettings.Environment(Version.number(), Runtime.version().toString(), ""));
    }

    private Integer train(RunSettings wanted, @Nullable RunFolder folder) throws IOException {
        if (folder != null && folder.hasRun() && folder.isFinished()) {
            // A kill between the last write of the run and the removal of the checkpoint leaves it behind.
            folder.removeCheckpoint();
            output.text("the run in " + folder.path() + " is finished already; its model is " + folder.model());
            output.result(OutputOptions.object().put("model", folder.model().toString()).put("finished", true));
            return 0;
        }
        Pretrained pretrained = pretrained(wanted.network());
        ImageFolder images = wanted.data().images(wanted.variation(), deviceOptions.threads());
        try (Device device = deviceOptions.open(output)) {
            RunSettings settings = wanted.on(new RunSettings.Environment(Version.number(), Runtime.version().toString(),
                    device.description()));
            noteOtherDevice(folder, settings);
            ResNet net = network(settings, pretrained, device, images);
            if (pretrained != null) {
                pretrained.notes().forEach(output::note);
            }
            try (Learner learn = settings.training().learner(net, images)) {
                learn.check(settings.training().plan());
                describe(settings, net, images);
                if (net.parameterCount() >= WARMED_UP) {
                    device.warmUp(true);
                }
                return train(settings, learn, images, folder);
            }
        }
    }

    private Integer train(RunSettings settings, Learner learn, ImageFolder images, @Nullable RunFolder folder) throws IOException {
        try (TrainingLog log = new TrainingLog(output, learn.groups().stream().map(LayerGroup::name).toList(),
                settings.training().fit().frozenBatchNorm());
                Interruption interruption = new Interruption(() -> {
                    learn.stop();
                    output.note("stopping after this step; interrupt again to end at once");
                })) {
            return folder == null ? intoFile(settings, learn, images, log, interruption)
                    : intoFolder(settings, learn, images, log, folder);
        }
    }

    private static @Nullable Pretrained pretrained(RunSettings.Network network) throws IOException {
        if (network.weights() == null) {
            return null;
        }
        Path file = Path.of(network.weights());
        Pretrained pretrained = Pretrained.read(file, network.architecture(), network.weightsKey(), network.prefix(),
                Set.copyOf(network.variants()));
        if (!Fingerprint.ofFile(file).equals(network.sha256())) {
            throw new Failure(file + ": the file has changed since the run began; restore the old one, or begin another run");
        }
        return pretrained;
    }

    private static ResNet network(RunSettings settings, @Nullable Pretrained pretrained, Device device, ImageFolder images) {
        try {
            return settings.network(pretrained == null ? null : pretrained.network(), device, images.classes().size());
        } catch (IllegalArgumentException misfit) {
            throw pretrained == null ? misfit : new Failure(pretrained.file() + ": " + misfit.getMessage(), misfit);
        }
    }

    private void noteOtherDevice(@Nullable RunFolder folder, RunSettings settings) throws IOException {
        if (folder != null && folder.hasRun()) {
            RunSettings.Environment before = folder.settings().environment();
            RunSettings.Environment now = settings.environment();
            boolean sameDevice = before.device().replaceFirst(THREADS, "").equals(now.device().replaceFirst(THREADS, ""));
            if (!sameDevice || !before.java().equals(now.java())) {
                output.note("the run began on " + before.device() + " with Java " + before.java()
                        + "; results may differ in their last digits here");
            }
        }
    }

    private void describe(RunSettings settings, ResNet net, ImageFolder data) {
        String weights = settings.network().weights();
        output.text(net.architecture() + " with " + String.format(Locale.ROOT, "%,d", net.parameterCount()) + " parameters, "
                + (weights == null ? "from scratch" : "from " + weights));
        output.text("on " + net.device().description());
        output.text(data.summary() + DataReport.skipped(data));
    }

    private Integer intoFile(RunSettings settings, Learner learn, ImageFolder images, TrainingLog log, Interruption interruption)
            throws IOException {
        learn.addListener(log);
        learn.run(settings.training().plan());
        boolean cut = interruption.asked();
        Optional<Evaluation> valid = cut ? Optional.empty() : Optional.of(learn.validate());
        ModelFile model = valid.flatMap(Evaluation::knownImages).map(learn.model()::known).orElse(learn.model());
        Optional<Calibration> calibration = valid.flatMap(one -> Calibration.of(one.predictions()));
        calibration.map(one -> one.applyTo(model, learn.net().device())).orElse(model).write(out);
        String what = (cut ? "stopped; " : "") + "model saved as " + out;
        BrokenImages broken = BrokenImages.of(learn.data().broken());
        DataReport.note(output, broken, "in the result of --json, and in broken.csv if -o names a folder");
        calibration.ifPresent(this::describe);
        report(settings, learn, images, log, new Saved(out, what, log.accuracy(), broken, cut));
        return cut ? Interruption.EXIT_CODE : 0;
    }

    private Integer intoFolder(RunSettings settings, Learner learn, ImageFolder images, TrainingLog log, RunFolder folder)
            throws IOException {
        if (folder.hasCheckpoint()) {
            output.text("resuming the run in " + folder.path());
        }
        TrainingRun run = new TrainingRun(folder, settings, learn, checkpointSeconds);
        learn.addListener(log);
        TrainingRun.Outcome outcome = complete(run, folder);
        log.close();
        if (outcome.ending() == TrainingRun.Ending.STOPPED) {
            output.note("stopped; thaw train --resume -o " + folder.path() + " continues the run");
            return Interruption.EXIT_CODE;
        }
        if (outcome.ending() == TrainingRun.Ending.EARLY) {
            output.text("ended early: " + settings.selection().patience() + " epochs without a lower validation loss");
        }
        log.rows(outcome.log());
        log.resilience(outcome.resilience());
        outcome.calibration().ifPresent(this::describe);
        double accuracy = outcome.log().rows().get(outcome.kept() - 1).valid().accuracy();
        DataReport.note(output, outcome.broken(), "in " + folder.broken());
        report(settings, learn, images, log, new Saved(folder.model(), "epoch " + outcome.kept() + "; model saved as " + folder.model(),
                accuracy, outcome.broken(), false));
        return 0;
    }

    /** Runs to the end. A failure's message says how to go on, if there is a checkpoint. */
    private static TrainingRun.Outcome complete(TrainingRun run, RunFolder folder) throws IOException {
        try {
            return run.run();
        } catch (IOException | UncheckedIOException | NotEnoughMemoryException | DeviceException | OutOfMemoryError failed) {
            if (!run.isResumable()) {
                throw failed;
            }
            boolean full = failed instanceof NotEnoughMemoryException || failed instanceof OutOfMemoryError;
            String resume = "thaw train --resume -o " + folder.path();
            throw new Failure(ErrorLine.message(failed) + "; " + (full ? "continue with more memory by " + resume
                    + ", or with other settings in a new run" : resume + " continues from the last checkpoint"), failed);
        }
    }

    private void describe(Calibration calibration) {
        output.text(String.format(Locale.ROOT, "probabilities calibrated by temperature %.2f: calibration error %.3f, before %.3f",
                calibration.temperature(), CalibrationError.of(calibration.after()), CalibrationError.of(calibration.before())));
    }

    /**
     * The end of a training.
     *
     * @param words    the kept epoch and the file, for the text
     * @param accuracy of the model
     * @param broken   the images that were skipped
     * @param stopped  whether an interruption ended it
     */
    private record Saved(Path model, String words, double accuracy, BrokenImages broken, boolean stopped) {
    }

    private void report(RunSettings settings, Learner learn, ImageFolder images, TrainingLog log, Saved saved) {
        long parameters = learn.groups().stream().mapToLong(LayerGroup::parameterCount).sum();
        int seen = learn.data().valid().readable();
        int decisions = settings.training().objective().multiLabel() ? images.classes().size() * seen : 0;
        output.text(String.format(Locale.ROOT, "%naccuracy %s on %s%d images; %s", OutputOptions.number("%.1f %%", 100 * saved.accuracy),
                decisions == 0 ? "" : decisions + " decisions about ", seen, saved.words));
        ObjectNode json = OutputOptions.object().put("accuracy", saved.accuracy).put("model", saved.model.toString())
                .put("architecture", settings.network().architecture()).put("head", settings.network().head())
                .put("weights", settings.network().weights()).put("parameters", parameters)
                .put("size", Integer.parseInt(settings.data().loading().transforms().get("transforms.size")))
                .put("batch", settings.data().loading().batch()).put("seed", settings.variation().seed())
                .put("device", settings.environment().device()).put("train_images", settings.data().found().trainImages())
                .put("valid_images", settings.data().found().validImages());
        if (learn.data().mixesScales()) {
            DataReport.noteScales(output, images);
        }
        DataReport.add(json, images, images.summary());
        DataReport.add(json, saved.broken);
        if (saved.stopped) {
            json.put("stopped", true);
        }
        settings.data().found().classes().forEach(json.putArray("classes")::add);
        ArrayNode groups = json.putArray("groups");
        learn.groups().forEach(group -> groups.add(group.name()));
        json.set("epochs", log.epochs());
        output.result(json);
    }
}
