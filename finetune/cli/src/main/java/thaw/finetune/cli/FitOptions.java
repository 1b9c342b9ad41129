package thaw.finetune.cli;

import picocli.CommandLine.Option;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.loss.Objective;
import thaw.finetune.train.FitSettings;
import thaw.finetune.train.FrozenBatchNorm;

/** Options for the optimizer and the loss. */
final class FitOptions {

    enum OptimizerName { SGD, ADAMW }

    @Option(names = "--optimizer", paramLabel = "NAME", defaultValue = "sgd", description = "sgd or adamw (default: sgd).")
    private OptimizerName optimizer;

    @Option(names = "--frozen-bn", paramLabel = "MODE", defaultValue = "statistics",
            description = "Batch norm in frozen groups: statistics (updated), train or eval (default: statistics).")
    private FrozenBatchNorm frozenBatchNorm;

    @Option(names = "--momentum", paramLabel = "M", hidden = true,
            description = "Fixed momentum (default: 0.9; one-cycle: 0.95-0.85-0.95).")
    private Double momentum;

    @Option(names = "--nesterov", hidden = true, description = "Nesterov momentum, for sgd.")
    private boolean nesterov;

    @Option(names = "--weight-decay", paramLabel = "W", hidden = true,
            description = "L2 penalty of sgd (default: 1e-4), decoupled decay of adamw (default: 0.01).")
    private Double weightDecay;

    @Option(names = "--no-decay-norm", hidden = true, description = "No weight decay for biases and batch norm.")
    private boolean noDecayNorm;

    @Option(names = "--clip", paramLabel = "NORM", defaultValue = "0", hidden = true,
            description = "Clips the norm of all gradients together; 0: no clipping (default: 0).")
    private double clipNorm;

    @Option(names = "--clip-value", paramLabel = "X", defaultValue = "0", hidden = true,
            description = "Clips each element of a gradient; 0: no clipping (default: 0).")
    private double clipValue;

    @Option(names = "--accumulate", paramLabel = "N", defaultValue = "1", hidden = true,
            description = "Accumulates the gradients of N batches for one step (default: 1).")
    private int accumulate;

    @Option(names = "--ema", arity = "0..1", fallbackValue = "0.99", paramLabel = "DECAY", defaultValue = "0", hidden = true,
            description = "Keeps a moving average of the weights (0.99 if no number is given).")
    private double averageDecay;

    @Option(names = "--label-smoothing", paramLabel = "EPS", defaultValue = "0", hidden = true,
            description = "Share of a target spread over all classes, such as 0.1 (default: 0).")
    private double labelSmoothing;

    @Option(names = "--threshold", paramLabel = "P", hidden = true,
            description = "With --multi-label, predicts the classes above probability P; saved in the model (default: 0.5).")
    private Double threshold;

    @Option(names = "--class-weights", hidden = true, description = "Weights the loss towards rare classes.")
    private boolean classWeights;

    /** The fixed momentum; null if the schedule or the default decides. */
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
            throw new Failure("--nesterov applies only to --optimizer sgd; leave it out");
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
                throw new Failure("--label-smoothing is for images of one class each; leave it out with --multi-label");
            }
            Objective.BinaryCrossEntropy loss = Objective.binaryCrossEntropy();
            loss = threshold == null ? loss : loss.threshold(Threshold.require(threshold));
            return classWeights ? loss.positiveWeights(data.classWeights()) : loss;
        }
        if (threshold != null) {
            throw new Failure("--threshold is for images that may show several classes; give --multi-label too");
        }
        Objective.CrossEntropy loss = Objective.crossEntropy().labelSmoothing(labelSmoothing);
        return classWeights ? loss.classWeights(data.classWeights()) : loss;
    }
}
