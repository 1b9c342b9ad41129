package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.engine.optim.Constant;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.Schedule;
import thaw.finetune.FrozenBatchNorm;
import thaw.finetune.Learner;
import thaw.finetune.data.ImageFolder;
import thaw.resnet.Architecture;
import thaw.resnet.Grain;
import thaw.resnet.GroupTable;
import thaw.resnet.Head;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/** {@code thaw train}: a network on a folder of photographs, first its head alone if that's wanted, then all of it. */
@Command(name = "train", sortOptions = false, customSynopsis = "thaw train DATA [--weights FILE] [--arch NAME] [OPTIONS]",
        description = "Trains a ResNet on photographs, from weights or from scratch.",
        footer = {"", "Example: thaw train photos --weights resnet50.pth --epochs 3 --lr 1e-5,1e-4,1e-2"})
final class TrainCommand implements Callable<Integer> {

    enum ScheduleKind { ONE_CYCLE, CONSTANT }

    enum HeadKind { LINEAR, CONCAT }

    @Parameters(paramLabel = "DATA", description = "A folder of class folders, or of train/ and valid/.")
    private Path dataFolder;

    @Option(names = "--weights", paramLabel = "FILE", description = "Pretrained weights (default: from scratch).")
    private Path weightFile;

    @Option(names = "--arch", paramLabel = "NAME", description = "The architecture (default: the weights').")
    private String archName;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Side of the pictures (default: 224, CIFAR's 32).")
    private Integer size;

    @Option(names = "--freeze-epochs", paramLabel = "N",
            description = "First so many for the head (default: 1; scratch: 0).")
    private Integer freezeEpochs;

    @Option(names = "--freeze-lr", paramLabel = "RATE", defaultValue = "0.05", description = "The rate of these (default: 0.05).")
    private double freezeRate;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "5", description = "Then so many for all layers (default: 5).")
    private int epochs;

    @Option(names = "--lr", paramLabel = "RATES", split = ",", hideParamSyntax = true, defaultValue = "0.01",
            description = "One rate, or early,middle,head (default: 0.01).")
    private double[] rates;

    @Option(names = "--freeze-to", paramLabel = "N",
            description = "Groups before N stay frozen; -2: all but the last 2.")
    private Integer freezeTo;

    @Option(names = "--schedule", paramLabel = "NAME", defaultValue = "one-cycle",
            description = "one-cycle or constant (default: one-cycle).")
    private ScheduleKind schedule;

    @Option(names = "--momentum", paramLabel = "M", description = "Fixed (default: 0.9, one-cycle's 0.95-0.85-0.95).")
    private Double momentum;

    @Option(names = "--weight-decay", paramLabel = "W", defaultValue = "1e-4", description = "The L2 penalty (default: 1e-4).")
    private double weightDecay;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Pictures a step (default: 32).")
    private int batch;

    @Option(names = "--head", paramLabel = "KIND", defaultValue = "linear",
            description = "linear, or concat: fastai's (default: linear).")
    private HeadKind head;

    @Option(names = "--frozen-bn", paramLabel = "MODE", defaultValue = "statistics",
            description = "Frozen batch norm: statistics (follow), train or eval (default: statistics).")
    private FrozenBatchNorm frozenBatchNorm;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Of everything random (default: 1).")
    private long seed;

    @Option(names = {"-o", "--out"}, paramLabel = "FILE", defaultValue = "model.safetensors",
            description = "The model to save (default: model.safetensors).")
    private Path out;

    @Mixin
    private DeviceOptions deviceOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        Pretrained pretrained = weightFile == null ? null : Pretrained.read(weightFile, archName);
        Architecture architecture = architecture(pretrained);
        if (freezeEpochs == null) {
            freezeEpochs = pretrained == null ? 0 : 1;
        }
        requireSense(architecture);
        AtomicFile.requireWritable(out);
        ImageFolder data = ImageFolder.of(dataFolder).size(size == null ? Architectures.nativeSize(architecture) : size)
                .batch(batch).seed(seed).threads(deviceOptions.threads()).strict(true);

        try (Device device = deviceOptions.open(output)) {
            device.generator().seed(seed);
            ResNet net = ResNet.of(architecture, device, data.classes().size(), seed);
            if (head == HeadKind.CONCAT) {
                net.replaceHead(Head.CONCAT_POOL, data.classes().size());
            }
            if (pretrained != null) {
                pretrained.loadBody(net);
            }
            Learner learn = new Learner(net, data).frozenBatchNorm(frozenBatchNorm).weightDecay(weightDecay);
            if (momentum != null) {
                learn.momentum(momentum);
            }
            describe(net, data);
            TrainingLog log = train(learn, net);
            learn.save(out);
            report(net, data, log);
        }
        return 0;
    }

    private Architecture architecture(Pretrained pretrained) {
        if (pretrained != null) {
            return pretrained.architecture();
        }
        if (archName == null) {
            throw new Failure("which network? give --weights FILE to fine-tune one, or --arch NAME to train from scratch");
        }
        return Architectures.byName(archName);
    }

    private void requireSense(Architecture architecture) {
        Counts.require("--epochs", epochs, 0);
        Counts.require("--freeze-epochs", freezeEpochs, 0);
        Counts.require("--batch", batch, 1);
        Counts.require("--size", size == null ? 1 : size, 1);
        if (momentum != null && !(momentum >= 0 && momentum < 1)) {
            throw new Failure("--momentum: expected a number from 0 to below 1, got " + momentum);
        }
        if (!(weightDecay >= 0 && Double.isFinite(weightDecay))) {
            throw new Failure("--weight-decay: expected a number of 0 or more, got " + weightDecay);
        }
        if (epochs + freezeEpochs == 0) {
            throw new Failure("there is nothing to do: --epochs and --freeze-epochs are both 0");
        }
        List<String> groups = GroupTable.of(architecture, 1, 1, Grain.COARSE).groups().stream()
                .map(GroupTable.Group::name).toList();
        Rates.require("--lr", rates, architecture.name(), groups);
        Rates.require("--freeze-lr", new double[] {freezeRate}, architecture.name(), groups);
        if (freezeTo != null && freezeTo >= groups.size()) {
            throw new Failure("--freeze-to: " + freezeTo + " would freeze all " + groups.size() + " layer groups ("
                    + String.join(", ", groups) + "); give " + (groups.size() - 1) + " or -1 to train the last alone");
        }
    }

    private void describe(ResNet net, ImageFolder data) {
        output.text(net.architecture() + " with " + String.format(Locale.ROOT, "%,d", net.parameterCount()) + " parameters, "
                + (weightFile == null ? "from scratch" : "from " + weightFile));
        output.text("on " + net.device().description());
        output.text(data.train().size() + " pictures to train on, " + data.valid().size() + " to validate on, "
                + data.classes().size() + " classes" + (data.skipped() == 0 ? "" : ", " + data.skipped() + " other files"));
    }

    private TrainingLog train(Learner learn, ResNet net) {
        try (TrainingLog log = new TrainingLog(output, net.groups().stream().map(LayerGroup::name).toList())) {
            if (freezeEpochs > 0) {
                learn.freeze().listener(log.phase("head")).fit(freezeEpochs, schedule(), freezeRate);
            }
            if (epochs > 0) {
                int first = freezeTo == null ? 0 : freezeTo;
                learn.freezeTo(first).listener(log.phase(first == 0 ? "all" : "part")).fit(epochs, schedule(), rates);
            }
            return log;
        }
    }

    private IntFunction<Schedule> schedule() {
        return steps -> {
            if (schedule == ScheduleKind.CONSTANT) {
                return new Constant();
            }
            OneCycle cycle = OneCycle.fastai(steps);
            return momentum == null ? cycle : new OneCycle(cycle.totalSteps(), cycle.peakStep(), cycle.endStep(),
                    cycle.startFactor(), cycle.endFactor(), cycle.anneal(), momentum, momentum);
        };
    }

    private void report(ResNet net, ImageFolder data, TrainingLog log) {
        output.text(String.format(Locale.ROOT, "%naccuracy %.1f %% on %d pictures; model saved as %s", 100 * log.accuracy(),
                data.valid().size(), out));
        ObjectNode json = OutputOptions.object().put("accuracy", log.accuracy()).put("model", out.toString())
                .put("architecture", net.architecture().name()).put("head", net.head().label())
                .put("weights", weightFile == null ? null : weightFile.toString())
                .put("parameters", net.parameterCount()).put("size", data.transforms().size()).put("batch", batch)
                .put("seed", seed).put("device", net.device().description())
                .put("train_images", data.train().size()).put("valid_images", data.valid().size());
        ArrayNode classes = json.putArray("classes");
        data.classes().forEach(classes::add);
        ArrayNode groups = json.putArray("groups");
        net.groups().forEach(group -> groups.add(group.name()));
        json.set("epochs", log.epochs());
        output.result(json);
    }
}
