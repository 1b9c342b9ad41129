package thaw.finetune.cli;

import picocli.CommandLine.Option;
import thaw.finetune.FitSettings;
import thaw.finetune.FrozenBatchNorm;
import thaw.finetune.Objective;
import thaw.finetune.data.ImageFolder;

/** The optimizer and the loss. */
final class FitOptions {

    enum OptimizerName { SGD, ADAMW }

    @Option(names = "--optimizer", paramLabel = "NAME", defaultValue = "sgd", description = "sgd or adamw (default: sgd).")
    private OptimizerName optimizer;

    @Option(names = "--frozen-bn", paramLabel = "MODE", defaultValue = "statistics",
            description = "Frozen batch norm: statistics (follow), train or eval (default: statistics).")
    private FrozenBatchNorm frozenBatchNorm;

    @Option(names = "--momentum", paramLabel = "M", hidden = true,
            description = "Fixed (default: 0.9, one-cycle's 0.95-0.85-0.95).")
    private Double momentum;

    @Option(names = "--nesterov", hidden = true, description = "Nesterov's momentum, of sgd.")
    private boolean nesterov;

    @Option(names = "--weight-decay", paramLabel = "W", hidden = true,
            description = "sgd's L2 penalty, adamw's decay (default: 1e-4, adamw: 0.01).")
    private Double weightDecay;

    @Option(names = "--no-decay-norm", hidden = true, description = "Leaves biases and batch norm out of it.")
    private boolean noDecayNorm;

    @Option(names = "--clip", paramLabel = "NORM", defaultValue = "0", hidden = true,
            description = "The largest norm of all gradients together.")
    private double clipNorm;

    @Option(names = "--clip-value", paramLabel = "X", defaultValue = "0", hidden = true,
            description = "The largest element of a gradient.")
    private double clipValue;

    @Option(names = "--accumulate", paramLabel = "N", defaultValue = "1", hidden = true,
            description = "Batches whose gradients make one step (default: 1).")
    private int accumulate;

    @Option(names = "--ema", arity = "0..1", fallbackValue = "0.99", paramLabel = "DECAY", defaultValue = "0", hidden = true,
            description = "Keeps a moving average of the weights (0.99 if no number is given).")
    private double averageDecay;

    @Option(names = "--label-smoothing", paramLabel = "EPS", defaultValue = "0", hidden = true,
            description = "The share of a target that all classes share, such as 0.1.")
    private double labelSmoothing;

    @Option(names = "--threshold", paramLabel = "P", hidden = true,
            description = "With --multi-label, a picture shows what is more probable than P; the model keeps it (default: 0.5).")
    private Double threshold;

    @Option(names = "--class-weights", hidden = true, description = "Counts pictures of rare classes for more.")
    private boolean classWeights;

    /** A fixed momentum; null where the schedule or the default decides. */
    Double momentum() {
        return momentum;
    }

    FitSettings settings() {
        if (momentum != null && !(momentum >= 0 && momentum < 1)) {
            throw new Failure("--momentum: expected a number from 0 to below 1, got " + momentum);
        }
        requireAtLeastZero("--weight-decay", weightDecay == null ? 0 : weightDecay);
        requireAtLeastZero("--clip", clipNorm);
        requireAtLeastZero("--clip-value", clipValue);
        Counts.require("--accumulate", accumulate, 1);
        if (!(averageDecay >= 0 && averageDecay < 1)) {
            throw new Failure("--ema: expected a number from 0 to below 1, such as 0.99, got " + averageDecay);
        }
        if (nesterov && optimizer != OptimizerName.SGD) {
            throw new Failure("--nesterov is of --optimizer sgd alone");
        }
        FitSettings settings = optimizer == OptimizerName.SGD ? FitSettings.sgd() : FitSettings.adamW();
        settings = settings.nesterov(nesterov).decayBiasAndNorm(!noDecayNorm).clipNorm(clipNorm).clipValue(clipValue)
                .accumulate(accumulate).average(averageDecay, true).frozenBatchNorm(frozenBatchNorm);
        settings = weightDecay == null ? settings : settings.weightDecay(weightDecay);
        return momentum == null ? settings : settings.momentum(momentum);
    }

    private static void requireAtLeastZero(String option, double value) {
        if (!(value >= 0 && Double.isFinite(value))) {
            throw new Failure(option + ": expected a number of 0 or more, got " + value);
        }
    }

    Objective objective(ImageFolder data) {
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new Failure("--label-smoothing: expected a share from 0 to 1, got " + labelSmoothing);
        }
        if (data.labels().multiLabel()) {
            if (labelSmoothing > 0) {
                throw new Failure("--label-smoothing is for pictures of one class each; leave it out with --multi-label");
            }
            Objective.BinaryCrossEntropy loss = Objective.binaryCrossEntropy();
            loss = threshold == null ? loss : loss.threshold(Threshold.require(threshold));
            return classWeights ? loss.positiveWeights(data.classWeights()) : loss;
        }
        if (threshold != null) {
            throw new Failure("--threshold is for pictures that may show several classes; give --multi-label too");
        }
        Objective.CrossEntropy loss = Objective.crossEntropy().labelSmoothing(labelSmoothing);
        return classWeights ? loss.classWeights(data.classWeights()) : loss;
    }
}
