package thaw.finetune.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.resnet.Granularity;

/** Options for the training plan: epochs, frozen layer groups, learning rates, schedule and image sizes. */
final class PlanOptions {

    private static final double FINE_TUNE_LR_MULT = 100;
    private static final double DEFAULT_HEAD_RATE = 0.05;
    private static final double DEFAULT_RATE = 0.01;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "5", description = "Epochs for all layers (default: 5).")
    private int epochs;

    @Option(names = "--freeze-epochs", paramLabel = "N",
            description = "Head-only epochs before (default: 1; scratch: 0).")
    private @Nullable Integer freezeEpochs;

    @Option(names = "--freeze-lr", paramLabel = "RATE", hidden = true,
            description = "Rate of --freeze-epochs; ridge: in closed form (default: 0.05).")
    private @Nullable LearningRates freezeRate;

    @Option(names = "--groups", paramLabel = "GRANULARITY", defaultValue = "3",
            description = "Layer groups: 3, stages or blocks (default: 3).")
    private Granularity granularity;

    @Option(names = "--lr", paramLabel = "RATES",
            description = "One, one per group, LO:HI, :HI, auto, auto-rgn:BASE or l-dog (default: auto; scratch: 0.01).")
    private @Nullable LearningRates rates;

    @Option(names = "--layer-decay", paramLabel = "F", hidden = true,
            description = "Each group's rate is F times that of the next; --lr is the head's.")
    private @Nullable Double layerDecay;

    @Option(names = "--freeze-to", paramLabel = "N",
            description = "Freezes the groups before N; -2: all but the last 2.")
    private @Nullable Integer freezeTo;

    @Option(names = "--train", paramLabel = "GROUP", split = ",", hideParamSyntax = true,
            description = "Trains these layer groups alone: early, or early,middle.")
    private @Nullable List<String> train;

    @Option(names = "--fine-tune", arity = "0..1", fallbackValue = "2e-3", paramLabel = "LR",
            description = "fastai's fine_tune at base rate LR (default: 2e-3).")
    private @Nullable Double fineTune;

    @Option(names = "--gradual", description = "Unfreezes a group per epoch, from the head down.")
    private boolean gradual;

    @Option(names = "--schedule", paramLabel = "NAME",
            description = "one-cycle, sgdr, flat-cos, cosine, step or constant, also with options: step(step_size=2)"
                    + " (default: one-cycle).")
    private @Nullable ScheduleRecipe schedule;

    @Option(names = "--sizes", paramLabel = "PIXELS", split = ",", hideParamSyntax = true, hidden = true,
            description = "Image sizes among which the epochs are divided, smallest first: 48,64.")
    private int @Nullable [] sizes;

    Granularity granularity() {
        return granularity;
    }

    /** The image size of the last epoch: the last of {@code --sizes}, or else {@code size}, which may be null. */
    @Nullable
    Integer lastSize(@Nullable Integer size) {
        if (sizes == null) {
            return size;
        }
        if (size != null) {
            throw new Failure("--size and --sizes: give one of them; the last of --sizes is the model's");
        }
        return sizes[sizes.length - 1];
    }

    /**
     * The training plan.
     *
     * @param names    the layer groups' names
     * @param standard the rates of a pretrained network if none are given
     * @param momentum a fixed momentum; null for the schedule's
     */
    List<TrainingPhase> plan(boolean pretrained, List<String> names, LearningRates standard, @Nullable Double momentum) {
        int first = freezeEpochs != null ? freezeEpochs : pretrained && !gradual ? 1 : 0;
        requireSense(first, names);
        if (fineTune != null) {
            return shared(fineTune(first), momentum);
        }
        List<TrainingPhase> phases = new ArrayList<>();
        if (first > 0) {
            LearningRates headRate = freezeRate == null ? LearningRates.of(DEFAULT_HEAD_RATE) : freezeRate;
            Failure.naming("--freeze-lr", () -> headRate.forGroups(names));
            phases.add(new TrainingPhase("head", first, recipe(), headRate).freezeTo(-1));
        }
        if (epochs > 0) {
            LearningRates all = ofTrained(mainRates(pretrained ? standard : LearningRates.of(DEFAULT_RATE)), names);
            Failure.naming("--lr", () -> all.forGroups(names));
            int from = names.stream().filter(trained(names)::contains).findFirst().map(names::indexOf).orElseThrow();
            phases.add(gradual ? TrainingPhase.gradualUnfreezing(epochs, recipe(), all)
                    : new TrainingPhase(from == 0 && train == null ? "all" : "part", epochs, recipe(all), all).freezeTo(from));
        }
        return shared(phases, momentum);
    }

    /** The names of the layer groups that are trained after the head. */
    private List<String> trained(List<String> names) {
        if (train != null) {
            return train;
        }
        int from = freezeTo == null ? 0 : freezeTo < 0 ? Math.max(0, names.size() + freezeTo) : freezeTo;
        return names.subList(from, names.size());
    }

    private LearningRates mainRates(LearningRates standard) {
        if (layerDecay != null) {
            if (rates != null && !rates.isSingle()) {
                throw new Failure("--layer-decay: expected a single --lr, the head's rate, got " + rates);
            }
            double head = rates == null ? DEFAULT_RATE : rates.numbers().get(0);
            return Failure.naming("--layer-decay", () -> LearningRates.layerDecay(head, layerDecay));
        }
        return rates == null ? standard : rates;
    }

    /** The rates with those of frozen groups 0, if {@code --train} names the groups or there are as many rates as trained ones. */
    private LearningRates ofTrained(LearningRates all, List<String> names) {
        List<String> trained = trained(names);
        boolean asManyAsTrained = all.rule() == LearningRates.Rule.EACH && !all.isSingle() && all.numbers().size() == trained.size();
        return train != null || asManyAsTrained && trained.size() < names.size() ? all.only(trained) : all;
    }

    private ScheduleRecipe recipe() {
        return schedule == null ? ScheduleRecipe.oneCycle() : schedule;
    }

    /** L-DoG has a step size of its own and needs no schedule. */
    private ScheduleRecipe recipe(LearningRates all) {
        return schedule == null && all.rule() == LearningRates.Rule.L_DOG ? ScheduleRecipe.of("constant") : recipe();
    }

    private List<TrainingPhase> fineTune(int first) {
        if (rates != null || layerDecay != null || gradual || freezeTo != null || train != null || schedule != null || freezeRate != null) {
            throw new Failure("--fine-tune sets rates, schedule and freezing itself; leave out --lr, --layer-decay,"
                    + " --freeze-lr, --freeze-to, --train, --gradual and --schedule");
        }
        if (!(fineTune > 0 && Double.isFinite(fineTune))) {
            throw new Failure("--fine-tune: expected a learning rate above 0, got " + fineTune);
        }
        if (epochs == 0) {
            throw new Failure("--fine-tune: expected --epochs of at least 1, got 0");
        }
        return TrainingPhase.fineTune(epochs, fineTune, first, FINE_TUNE_LR_MULT);
    }

    private void requireSense(int first, List<String> names) {
        Failure.ifBelow("--epochs", epochs, 0);
        Failure.ifBelow("--freeze-epochs", first, 0);
        if (epochs + first == 0) {
            throw new Failure("nothing to train: --epochs and --freeze-epochs are both 0; give at least one epoch");
        }
        if (gradual && (freezeTo != null || train != null)) {
            throw new Failure("--gradual unfreezes all groups, beginning with the head; leave --freeze-to and --train out");
        }
        if (train != null && (freezeTo != null || !names.containsAll(train))) {
            throw new Failure(freezeTo != null ? "--freeze-to and --train: give one of them"
                    : "--train: expected some of " + String.join(", ", names) + ", got " + String.join(", ", train));
        }
        if (freezeTo != null && freezeTo >= names.size()) {
            throw new Failure("--freeze-to: " + freezeTo + " would freeze all " + names.size() + " layer groups ("
                    + String.join(", ", names) + "); give " + (names.size() - 1) + " or -1 to train the last alone");
        }
        for (int size : sizes == null ? new int[0] : sizes) {
            Failure.ifBelow("--sizes", size, 1);
        }
        if (sizes != null && epochs < sizes.length) {
            throw new Failure("--sizes has " + sizes.length + " sizes for " + epochs + " epochs; give at least one epoch each");
        }
    }

    /** Divides the last phase's epochs among the image sizes, and sets a fixed momentum in one-cycle schedules. */
    private List<TrainingPhase> shared(List<TrainingPhase> plan, @Nullable Double momentum) {
        List<TrainingPhase> phases = new ArrayList<>(plan);
        if (sizes != null) {
            TrainingPhase all = phases.remove(phases.size() - 1);
            if (all.gradual() && sizes.length > 1) {
                throw new Failure("--gradual trains at a single image size; give one size, or leave --gradual out");
            }
            phases.replaceAll(phase -> phase.size(sizes[0]));
            for (int i = 0; i < sizes.length; i++) {
                int share = all.epochs() * (i + 1) / sizes.length - all.epochs() * i / sizes.length;
                phases.add(new TrainingPhase(all.name() + " " + sizes[i], share, all.schedule(), all.freezeTo(), all.rates(),
                        all.gradual(), sizes[i]));
            }
        }
        return phases.stream().map(phase -> withMomentum(phase, momentum)).toList();
    }

    private static TrainingPhase withMomentum(TrainingPhase phase, @Nullable Double momentum) {
        if (momentum == null || !(phase.schedule() instanceof ScheduleRecipe recipe) || !recipe.name().equals("one-cycle")) {
            return phase;
        }
        return new TrainingPhase(phase.name(), phase.epochs(), recipe.with("mom_max", momentum).with("mom_min", momentum),
                phase.freezeTo(), phase.rates(), phase.gradual(), phase.size());
    }
}
