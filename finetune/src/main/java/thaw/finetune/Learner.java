package thaw.finetune;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.Schedule;
import thaw.finetune.data.BrokenImage;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.insight.FeatureDrift;
import thaw.finetune.insight.Insight;
import thaw.finetune.insight.InsightOptions;
import thaw.resnet.Grain;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/**
 * Trains a network on images, with a learning rate for each of its layer groups:
 *
 * <pre>{@code
 * Learner learn = new Learner(net, data);
 * learn.freeze();
 * learn.fitOneCycle(1, 1e-2);
 * learn.unfreeze();
 * learn.fitOneCycle(3, rates(1e-5, 1e-4, 1e-2));      // early, middle, head
 * learn.save(Path.of("dogscats.safetensors"));
 * }</pre>
 *
 * The optimizer is SGD unless {@link #settings} say otherwise. Each fit, and each phase of a plan, makes a new one, whose
 * momentum starts at zero, of the groups that are trainable then. What is random comes from the data's seed, and for dropout from
 * the device's generator; the same seeds give the same bits.
 *
 * <p>For one thread at a time, but for {@link #stop}.
 */
public final class Learner implements AutoCloseable {
    private final ResNet net;
    private final ImageFolder data;
    private final Loaders loaders;
    private final Freezing freezing;
    private final boolean pretrained;
    private FitSettings settings = FitSettings.sgd();
    private LossFunction loss;
    private TrainingListener listener = new TrainingListener() { };
    private Insight insight;
    private Precompute precompute = Precompute.whereExact();
    private PlanRun running;
    private int epochsSeen;
    private volatile boolean stop;

    /**
     * All groups are trainable at first.
     *
     * @throws IllegalArgumentException if the network has another number of classes than the data, or there are fewer than two
     *                                  classes, or no image to validate on
     */
    public Learner(ResNet net, ImageFolder data) {
        InputCheck.require(net, data.classes());
        if (data.classes().size() < 2) {
            throw new IllegalArgumentException(data.root() + ": training needs at least two classes to tell apart;"
                    + " add a folder of images of something else");
        }
        if (data.valid().isEmpty()) {
            throw new IllegalArgumentException(data.root() + ": no image is left to validate on;"
                    + " add images, at least two of a class, or a folder valid/ beside train/");
        }
        this.net = net;
        this.data = data;
        this.loaders = Loaders.of(data);
        this.loss = Objective.standard(data.labels());
        this.freezing = new Freezing(net);
        this.pretrained = net.isPretrained();
        this.insight = new Insight(net, InsightOptions.off());
        unfreeze();
    }

    // ---- settings ----------------------------------------------------------------------------------------------

    /** Momentum of {@link #fit(int, double...)}, 0.9 unless set; schedules may vary it. */
    public Learner momentum(double momentum) {
        return settings(settings.momentum(momentum));
    }

    /** Weight decay, 1e-4 unless set; see {@link FitSettings}. */
    public Learner weightDecay(double weightDecay) {
        return settings(settings.weightDecay(weightDecay));
    }

    /** What batch norm does in frozen groups, {@link FrozenBatchNorm#STATISTICS} unless set. */
    public Learner frozenBatchNorm(FrozenBatchNorm mode) {
        return settings(settings.frozenBatchNorm(mode));
    }

    /** The optimizer and all that goes with it, {@link FitSettings#sgd()} unless set. */
    public Learner settings(FitSettings settings) {
        this.settings = Objects.requireNonNull(settings, "settings");
        freezing.requireGradients(settings.frozenBatchNorm());
        return this;
    }

    public FitSettings settings() {
        return settings;
    }

    /**
     * What is made small, {@link Objective#standard} unless set: cross-entropy, or binary cross-entropy where images may show
     * several classes.
     *
     * @throws IllegalArgumentException if it is an {@link Objective} for the other kind of images
     */
    public Learner loss(LossFunction loss) {
        if (loss instanceof Objective objective) {
            objective.requireFit(data.labels());
        }
        this.loss = Objects.requireNonNull(loss, "loss");
        return this;
    }

    /** Who hears of batches and epochs; one, in the place of any before. */
    public Learner listener(TrainingListener listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /** When the features of a frozen body are computed once, {@link Precompute#whereExact} unless set. */
    public Learner precompute(Precompute precompute) {
        this.precompute = Objects.requireNonNull(precompute, "precompute");
        return this;
    }

    /**
     * What to look at in training, for {@link TrainingListener#onActivity}; nothing unless set. Distances and drift are from the
     * weights that the network has now, so this goes before training.
     */
    public Learner insight(InsightOptions options) {
        insight.close();
        insight = new Insight(net, options);
        if (options.probeImages() > 0) {
            insight.drift(FeatureDrift.of(net, freezing.groups(), loaders.train(), options.probeImages()));
        }
        return this;
    }

    // ---- layer groups ------------------------------------------------------------------------------------------

    /** How finely the network is divided into layer groups, {@link Grain#COARSE} unless set; all of them are trainable then. */
    public Learner grain(Grain grain) {
        freezing.grain(Objects.requireNonNull(grain, "grain"));
        return unfreeze();
    }

    /** The layer groups in order. */
    public List<LayerGroup> groups() {
        return freezing.groups();
    }

    /** Freezes all groups but the last, the head. */
    public Learner freeze() {
        return freezeTo(-1);
    }

    /** Makes all groups trainable. */
    public Learner unfreeze() {
        return freezeTo(0);
    }

    /**
     * Makes the groups trainable that Python's slice {@code groups[n:]} has, and freezes those before them: {@code freezeTo(1)}
     * freezes the first, {@code freezeTo(-2)} all but the last two. Frozen layers cost neither time nor memory in backward,
     * unless their batch norms train ({@link FrozenBatchNorm#TRAIN}).
     */
    public Learner freezeTo(int n) {
        freezing.to(n, settings.frozenBatchNorm());
        return this;
    }

    /** Whether layer group {@code group}, from 0, is trained. */
    public boolean isTrainable(int group) {
        return group >= freezing.first();
    }

    /** What is trained and what is not, for people: a line for each group, one for batch norm, one for the optimizer. */
    public String summary() {
        return LearnerSummary.of(net, freezing, settings);
    }

    // ---- training ----------------------------------------------------------------------------------------------

    /** The learning rates of the layer groups, in their order. */
    public static double[] rates(double... perGroup) {
        return perGroup;
    }

    /** Trains at constant rates, and with constant momentum; otherwise as {@link #fit(int, PhaseSchedule, LearningRates)}. */
    public List<EpochResult> fit(int epochs, double... rates) {
        return fit(epochs, LearningRates.of(rates));
    }

    /** As {@link #fit(int, double...)}. */
    public List<EpochResult> fit(int epochs, LearningRates rates) {
        return fit(epochs, ScheduleRecipe.of("constant"), rates);
    }

    /**
     * Trains by fastai's one-cycle schedule, {@link OneCycle#fastai(int)}, whose peak is at the given rates; otherwise as {@link
     * #fit(int, PhaseSchedule, LearningRates)}.
     */
    public List<EpochResult> fitOneCycle(int epochs, double... rates) {
        return fitOneCycle(epochs, LearningRates.of(rates));
    }

    /** As {@link #fitOneCycle(int, double...)}. */
    public List<EpochResult> fitOneCycle(int epochs, LearningRates rates) {
        return fit(epochs, ScheduleRecipe.oneCycle(), rates);
    }

    /**
     * As {@link #fit(int, PhaseSchedule, LearningRates)}.
     *
     * @param schedule of so many steps, as in {@code OneCycle::of}
     * @param rates    one for all groups, or one for each of them in order, where those of frozen groups don't count
     */
    public List<EpochResult> fit(int epochs, IntFunction<? extends Schedule> schedule, double... rates) {
        return fit(epochs, (all, steps) -> schedule.apply(all * steps), LearningRates.of(rates));
    }

    /**
     * Trains the groups that are not frozen, and validates after each epoch. The network is in evaluation mode afterwards.
     *
     * @param schedule what to do with rates and momentum at each step
     * @param rates    of all layer groups, where those of frozen ones don't count
     * @return what came of each epoch
     * @throws IllegalArgumentException if there are no epochs, another number of rates, one below 0, or nothing to train
     * @throws DivergenceException      if the loss becomes infinite or not a number; the weights are those with which
     *                                  it did, not moved by its gradients
     * @throws NotEnoughMemoryException if a batch is too large
     * @throws thaw.finetune.images.ImageReadException if an image cannot be read
     */
    public List<EpochResult> fit(int epochs, PhaseSchedule schedule, LearningRates rates) {
        return run(TrainingPlan.of(new TrainingPhase("fit", epochs, schedule, rates).freezeTo(freezing.first()))).epochs();
    }

    /** fastai's {@code fine_tune}, {@link TrainingPlan#fineTune(int)}: the head alone for an epoch, then all groups. */
    public List<EpochResult> fineTune(int epochs) {
        return run(TrainingPlan.fineTune(epochs)).epochs();
    }

    /** fastai's {@code fine_tune}, {@link TrainingPlan#fineTune(int, double, int, double)}. */
    public List<EpochResult> fineTune(int epochs, double baseLr, int freezeEpochs, double lrMult) {
        return run(TrainingPlan.fineTune(epochs, baseLr, freezeEpochs, lrMult)).epochs();
    }

    /** The head alone in the first epoch and one group more in each that follows; see {@link TrainingPlan#gradualUnfreezing}. */
    public List<EpochResult> gradualUnfreezing(int epochs, PhaseSchedule schedule, LearningRates rates) {
        return run(TrainingPlan.gradualUnfreezing(epochs, schedule, rates)).epochs();
    }

    /** Trains by a plan, phase by phase; throws as {@link #fit(int, PhaseSchedule, LearningRates)} does. */
    public FitResult run(TrainingPlan plan) {
        return run(plan, null);
    }

    /**
     * Goes on with a plan where a fit was stopped, and ends with the bits of one that was never stopped: on a learner made as
     * that one was, of the same data and settings.
     *
     * @throws IllegalArgumentException if the state is none of this plan, network or optimizer
     */
    public FitResult resume(TrainingPlan plan, FitState state) {
        if (state.phase() >= plan.phases().size()) {
            throw new IllegalArgumentException("resume: the state is of phase " + (state.phase() + 1) + ", the plan has "
                    + plan.phases().size() + "; resume with the plan that the fit began with");
        }
        return run(plan, state);
    }

    /**
     * Looks for what {@link #run} would refuse at once, for those who have something to prepare before.
     *
     * @throws IllegalArgumentException if there are rates for other groups, a schedule doesn't fit its epochs, or {@link
     *                                  Precompute#required} cannot be
     */
    public void check(TrainingPlan plan) {
        for (TrainingPhase phase : plan.phases()) {
            phase.rates().forGroups(freezing.names());
            phase.schedule().of(phase.epochs(), context().stepsPerEpoch());
        }
        if (precompute.when() == Precompute.When.REQUIRED) {
            FrozenFeatures.requireExact(context(), plan);
        }
    }

    private FitContext context() {
        return new FitContext(net, pretrained, data, loaders, freezing, settings, loss, insight, listener, () -> stop,
                precompute);
    }

    private FitResult run(TrainingPlan plan, FitState from) {
        if (running != null) {
            throw new IllegalStateException("a fit is running already; a listener may call stop() and state(), not fit");
        }
        check(plan);
        stop = false;
        running = new PlanRun(context(), plan, epochsSeen);
        try {
            return running.train(from);
        } finally {
            epochsSeen = running.dataEpoch();
            running = null;
            net.zeroGrad();
            net.eval();
        }
    }

    /** Has the fit that is running end after its step; from any thread. Does nothing if none is. */
    public void stop() {
        stop = true;
    }

    /**
     * The state of the fit that is running, to be asked for by its listener, on its thread, when it hears of a batch or an epoch.
     *
     * @throws IllegalStateException if no fit is running
     */
    public FitState state() {
        if (running == null) {
            throw new IllegalStateException("no fit is running; ask for its state in TrainingListener.onBatch or onEpoch");
        }
        return running.state();
    }

    // ---- finding learning rates ----------------------------------------------------------------------------------

    /** fastai's {@code lr_find}, over the groups that are trainable, with one rate for all of them. */
    public LearningRateSweep lrFind() {
        return lrFind(SweepOptions.standard());
    }

    /**
     * As {@link #lrFind()}. The network, its modes, the generator and the order of epochs are as before to the bit then.
     *
     * @throws DivergenceException if the loss of the first batch is infinite or not a number, which no learning rate mends
     */
    public LearningRateSweep lrFind(SweepOptions options) {
        return finder().sweep(options);
    }

    /** One sweep for each trainable group, in which the others' weights stay as they are. */
    public List<LearningRateSweep> lrFindPerGroup(SweepOptions options) {
        return finder().sweepPerGroup(options);
    }

    private LearningRateFinder finder() {
        return new LearningRateFinder(net, loaders.train(), freezing, settings, loss, epochsSeen);
    }

    /** Images that were passed over, in training and validation, because they could not be read, or not so much as opened. */
    public List<BrokenImage> broken() {
        return Stream.concat(data.unreadable().stream(), loaders.broken().stream()).toList();
    }

    /** Whether images came at two scales, some kept and some resized; see {@link thaw.finetune.data.BatchLoader#mixesScales}. */
    public boolean mixesScales() {
        return loaders.mixesScales();
    }

    /** Validation images, without those that were passed over so far. */
    public int validImages() {
        return loaders.valid().images() - loaders.valid().broken().size();
    }

    // ---- results -----------------------------------------------------------------------------------------------

    /**
     * Another network's weights on the validation images, such as those of an earlier epoch.
     *
     * @throws IllegalArgumentException if they are for another network
     */
    public Evaluation validate(ModelFile saved) {
        ResNet other = saved.toNet(net.device());
        try {
            return validate(other);
        } finally {
            other.release();
        }
    }

    /** The network on the validation images. */
    public Evaluation validate() {
        return validate(net);
    }

    private Evaluation validate(ResNet which) {
        return Evaluation.of(which, loaders.valid(), data.classes(), Objective.forValidation(loss, data.labels()), images -> { });
    }

    /** The share of the validation images that is classified right, 0 to 1. */
    public double accuracy() {
        return validate().accuracy();
    }

    /** The network as it is, or while a fit runs as it is validated: with the average of its weights, where there is one. */
    public ModelFile model() {
        Supplier<ModelFile> model = () -> {
            ModelFile now = ModelFile.of(net, data.labels(), data.transforms());
            return loss instanceof Objective.BinaryCrossEntropy binary ? now.threshold(binary.threshold()) : now;
        };
        return running == null ? model.get() : running.asValidated(model);
    }

    /**
     * Saves the network, its classes and the images' preparation: all that {@link Classifier} needs. The file is safetensors with
     * torchvision's names; see {@link ModelFile}. One that is there already is replaced when the new one is complete.
     *
     * @throws IOException if writing fails; what was there before is then still there
     */
    public void save(Path path) throws IOException {
        model().write(path);
    }

    /** Gives the memory of what {@link #insight} keeps back; the network stays. */
    @Override
    public void close() {
        insight.close();
    }
}
