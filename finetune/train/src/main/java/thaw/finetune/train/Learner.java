package thaw.finetune.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import thaw.engine.Device;
import thaw.engine.Interruptible;
import thaw.engine.io.Weights;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.Schedule;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.diagnostics.Diagnostics;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.diagnostics.FeatureDrift;
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.loss.LossFunction;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Metric;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.InputCheck;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.finetune.predict.PretrainedConfig;
import thaw.resnet.Granularity;
import thaw.resnet.Head;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;
import thaw.resnet.NetworkWeights;

/**
 * Trains a network on images, with a learning rate for each of its layer groups:
 *
 * <pre>{@code
 * Learner learn = Learner.of(data, weights, device);
 * learn.freeze();
 * learn.fitOneCycle(1, 1e-2);
 * learn.unfreeze();
 * learn.fitOneCycle(3, rates(1e-5, 1e-4, 1e-2));      // early, middle, head
 * learn.save(Path.of("dogscats.safetensors"));
 * }</pre>
 *
 * <p>The optimizer is SGD, unless {@link #settings} choose another. Each fit, and each phase of a plan, creates a new
 * optimizer, with zero momentum, over the groups that are trainable then. Randomness comes from the data's seed and, for
 * dropout, from the device's generator; equal seeds give equal bits.
 *
 * <p>Not thread-safe, except for {@link #stop}.
 */
public final class Learner implements AutoCloseable {
    // Fields without a modifier are read by the training loop.
    final Network net;
    final DataLoaders data;
    final FrozenGroups freezing;
    final boolean pretrained;
    /** Whether each epoch ends with a validation. */
    final boolean validates;
    FitSettings settings = FitSettings.sgd();
    LossFunction loss;
    private final List<TrainingListener> listeners = new CopyOnWriteArrayList<>();
    List<Metric> metrics = List.of();
    Diagnostics diagnostics;
    Precompute precompute = Precompute.whereExact();
    private TrainingLoop running;
    private FitState stoppedAt;
    private Device ownDevice;
    private int epochsSeen;
    volatile boolean stop;

    /** A learner on a folder's images; throws also what {@link ImageFolder#loaders} does. */
    public Learner(Network net, ImageFolder data) {
        this(net, data.loaders());
    }

    /**
     * A learner on any data sets, with all layer groups trainable.
     *
     * @throws IllegalArgumentException if the network's number of classes is not the data's
     */
    public Learner(Network net, DataLoaders data) {
        InputCheck.require(net, data.classes());
        this.net = net;
        this.data = data;
        this.loss = Objective.standard(data.labels());
        this.freezing = new FrozenGroups(net);
        this.pretrained = net.isPretrained();
        this.validates = true;
        this.diagnostics = new Diagnostics(net, DiagnosticsOptions.off());
        unfreeze();
    }

    /** A learner of the same network and data that trains without validation, for a learning-rate finder. */
    private Learner(Learner like) {
        net = like.net;
        data = like.data;
        freezing = like.freezing;
        pretrained = like.pretrained;
        validates = false;
        settings = like.settings.accumulate(1).average(null);
        loss = like.loss;
        diagnostics = new Diagnostics(net, DiagnosticsOptions.off());
        precompute = Precompute.never();
        epochsSeen = like.epochsSeen;
        listeners.addAll(like.listeners);
    }

    /**
     * A learner for a pretrained network on a new device, {@link Device#auto}, which {@link #close} closes:
     *
     * <pre>{@code
     * try (Learner learn = Learner.of(ImageFolder.of(Path.of("dogscats")).size(224), Path.of("resnet50.pth"))) {
     *     learn.fineTune(3);
     *     learn.save(Path.of("dogscats.safetensors"));
     * }
     * }</pre>
     *
     * @throws IOException if the weights cannot be read
     * @see #of(ImageFolder, Weights, Device)
     */
    public static Learner of(ImageFolder data, Path weights) throws IOException {
        Weights read = Weights.read(weights);
        Device device = Device.auto();
        try {
            Learner learn = of(data, read, device);
            learn.ownDevice = device;
            return learn;
        } catch (IllegalArgumentException misfit) {
            device.close();
            throw new IllegalArgumentException(weights + ": " + misfit.getMessage(), misfit);
        }
    }

    /**
     * A learner for a pretrained network. The weights give its architecture and, if their metadata has them, the mean and
     * standard deviation by which images are normalised; the head is new, of the weights' kind, for the data's classes.
     * The data's seed is that of the head and of the device's generator.
     *
     * @throws IllegalArgumentException if the weights hold no known network, or like {@link #Learner}
     */
    public static Learner of(ImageFolder data, Weights weights, Device device) {
        NetworkWeights found = NetworkWeights.in(weights);
        device.generator().seed(data.seed());
        Network net = found.withNewHead(found.head().orElse(Head.LINEAR), data.classes().size(), device, data.seed());
        return new Learner(net, data.transforms(PretrainedConfig.of(weights.metadata()).normalize(data.transforms())));
    }

    // ---- settings ----------------------------------------------------------------------------------------------

    /** Sets the optimizer and its settings, {@link FitSettings#sgd()} by default. */
    public Learner settings(FitSettings settings) {
        this.settings = Objects.requireNonNull(settings, "settings");
        freezing.requireGradients(settings.frozenBatchNorm());
        return this;
    }

    /** The optimizer and its settings. */
    public FitSettings settings() {
        return settings;
    }

    /** The loaders of the training and validation images. */
    public DataLoaders data() {
        return data;
    }

    /**
     * Sets the loss, by default {@link Objective#standard}: cross-entropy, or binary cross-entropy for multi-label data.
     *
     * @throws IllegalArgumentException if it is an {@link Objective} for the other kind of labels
     */
    public Learner loss(LossFunction loss) {
        if (loss instanceof Objective objective) {
            objective.requireFit(data.labels());
        }
        this.loss = Objects.requireNonNull(loss, "loss");
        return this;
    }

    /** Adds a listener for the events of training. Listeners are called in the order in which they were added. */
    public Learner addListener(TrainingListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    /** Removes a listener. */
    public Learner removeListener(TrainingListener listener) {
        listeners.remove(listener);
        return this;
    }

    /** Sets the metrics that are computed on the validation images after each epoch, besides loss and accuracy; none by default. */
    public Learner metrics(List<? extends Metric> all) {
        metrics = List.copyOf(all);
        return this;
    }

    /** Sets when the features of a frozen body are computed once, {@link Precompute#whereExact} by default. */
    public Learner precompute(Precompute precompute) {
        this.precompute = Objects.requireNonNull(precompute, "precompute");
        return this;
    }

    /**
     * Sets the diagnostics to compute for {@link TrainingListener#onActivity}; none by default. Call this before
     * training: distances and drift are measured from the network's current weights.
     */
    public Learner diagnostics(DiagnosticsOptions options) {
        diagnostics.close();
        diagnostics = new Diagnostics(net, options);
        if (options.probeImages() > 0) {
            diagnostics.drift(FeatureDrift.of(net, freezing.groups(), data.train(), options.probeImages()));
        }
        return this;
    }

    // ---- layer groups ------------------------------------------------------------------------------------------

    /** Sets the granularity of the layer groups, {@link Granularity#COARSE} by default, and makes all groups trainable. */
    public Learner granularity(Granularity granularity) {
        freezing.granularity(Objects.requireNonNull(granularity, "granularity"));
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
     * Makes the groups of Python's slice {@code groups[n:]} trainable and freezes those before them: {@code freezeTo(1)}
     * freezes the first, {@code freezeTo(-2)} all but the last two. Frozen layers cost neither time nor memory in the
     * backward pass, unless their batch norms train ({@link FrozenBatchNorm#TRAIN}).
     */
    public Learner freezeTo(int n) {
        freezing.to(n, settings.frozenBatchNorm());
        return this;
    }

    /**
     * Makes the layer groups of these names trainable and freezes all others, for example {@code train("early")}. The backward
     * pass ends at the first of them; of frozen groups behind it, it computes no gradients of weights.
     *
     * @throws IllegalArgumentException if a name is not that of a layer group; the message lists them
     */
    public Learner train(String... groups) {
        freezing.only(List.of(groups), settings.frozenBatchNorm());
        return this;
    }

    /** Whether the layer group of index {@code group}, from 0, is trainable. */
    public boolean isTrainable(int group) {
        return freezing.isTrainable(group);
    }

    /** A summary in plain text: one line per group, one for batch norm if groups are frozen, one for the optimizer. */
    public String summary() {
        return freezing.summary(settings);
    }

    // ---- training ----------------------------------------------------------------------------------------------

    /** The learning rates of the layer groups, in order. */
    public static double[] rates(double... perGroup) {
        return perGroup;
    }

    /** Trains at constant learning rates and momentum; otherwise like {@link #fit(int, Schedule.Factory, LearningRates)}. */
    public FitResult fit(int epochs, double... rates) {
        return fit(epochs, LearningRates.of(rates));
    }

    /** Like {@link #fit(int, double...)}, for example with rates that choose themselves, {@link LearningRates#auto()}. */
    public FitResult fit(int epochs, LearningRates rates) {
        return fit(epochs, ScheduleRecipe.of("constant"), rates);
    }

    /**
     * Trains with fastai's one-cycle schedule, {@link OneCycle#fastai(int)}, with the given rates as its peak; otherwise
     * like {@link #fit(int, Schedule.Factory, LearningRates)}.
     */
    public FitResult fitOneCycle(int epochs, double... rates) {
        return fitOneCycle(epochs, LearningRates.of(rates));
    }

    /** Like {@link #fitOneCycle(int, double...)}. */
    public FitResult fitOneCycle(int epochs, LearningRates rates) {
        return fit(epochs, ScheduleRecipe.oneCycle(), rates);
    }

    /**
     * Trains the groups that are not frozen, and validates after each epoch. Afterwards the network is in evaluation
     * mode.
     *
     * @param schedule varies rates and momentum at each step
     * @param rates    of all layer groups; those of frozen groups are ignored
     * @return the result of each epoch, and whether the fit was {@linkplain #stop stopped}
     * @throws IllegalArgumentException                if {@code epochs} is less than 1, the number of rates does not
     *     match the groups, a rate is negative, or all groups are frozen
     * @throws DivergenceException                     if the loss becomes infinite or NaN; the weights are those that gave it
     * @throws NotEnoughMemoryException                if a batch is too large
     * @throws thaw.finetune.images.ImageReadException if no image can be read, or the data is strict and one cannot
     * @throws CancellationException                   if the thread is interrupted, before its next operator; its interrupt flag
     *     stays set, and the network keeps the weights of the last step. To resume later, use {@link #stop} instead
     * @throws IllegalStateException                   if the network's device is closed
     */
    public FitResult fit(int epochs, Schedule.Factory schedule, LearningRates rates) {
        LearningRates ofTrained = freezing.only().isEmpty() ? rates : rates.only(freezing.only());
        return run(List.of(new TrainingPhase("fit", epochs, schedule, ofTrained).freezeTo(freezing.first())));
    }

    /** fastai's {@code fine_tune}, {@link TrainingPhase#fineTune(int)}: trains the head alone for one epoch, then all groups. */
    public FitResult fineTune(int epochs) {
        return run(TrainingPhase.fineTune(epochs));
    }

    /** Trains by a plan, phase by phase; throws like {@link #fit(int, Schedule.Factory, LearningRates)}. */
    public FitResult run(List<TrainingPhase> plan) {
        return run(plan, null);
    }

    /**
     * Resumes a stopped fit, with the same bits at the end as a fit without interruption, if the learner has the same
     * network, data and settings.
     *
     * @throws IllegalArgumentException if the state does not match the plan, the network or the optimizer
     */
    public FitResult resume(List<TrainingPhase> plan, FitState state) {
        if (state.position().phase() >= plan.size()) {
            throw new IllegalArgumentException("resume: the state belongs to phase " + (state.position().phase() + 1) + ", the plan has "
                    + plan.size() + "; resume with the plan of the stopped fit");
        }
        return run(plan, state);
    }

    /**
     * Resumes a stopped fit from a checkpoint file, with the plan stored there; see {@link #resume(List, FitState)}.
     *
     * @throws IOException              if {@link FitState#read} refuses the file
     * @throws IllegalArgumentException also if the file has no plan, see {@link TrainingPhase#isStorable}
     */
    public FitResult resume(Path checkpoint) throws IOException {
        FitState state = FitState.read(checkpoint);
        if (state.plan().isEmpty()) {
            throw new IllegalArgumentException(checkpoint + ": stores no plan, because a schedule is not a ScheduleRecipe; call"
                    + " resume(plan, FitState.read(checkpoint)) with the plan of the stopped fit");
        }
        return resume(state.plan(), state);
    }

    /**
     * Checks a plan without training: throws what {@link #run} would throw at once.
     *
     * @throws IllegalArgumentException if the number of learning rates does not match the groups, a schedule does not fit
     *     its epochs, or {@link Precompute#required} is not possible
     */
    public void check(List<TrainingPhase> plan) {
        if (plan.isEmpty()) {
            throw new IllegalArgumentException("a training plan needs at least one phase");
        }
        for (TrainingPhase phase : plan) {
            phase.rates().forGroups(freezing.names());
            phase.schedule().of(phase.epochs(), stepsPerEpoch());
        }
        if (precompute.when() == Precompute.When.REQUIRED) {
            FrozenFeatures.requireExact(this, plan);
        }
    }

    /** The number of optimizer steps in an epoch. */
    int stepsPerEpoch() {
        return (data.train().batches() + settings.accumulate() - 1) / settings.accumulate();
    }

    void tell(Consumer<TrainingListener> event) {
        listeners.forEach(event);
    }

    private FitResult run(List<TrainingPhase> plan, FitState from) {
        if (running != null) {
            throw new IllegalStateException("a fit is already running; a listener may call stop() and state(), but not fit");
        }
        check(plan);
        stop = false;
        stoppedAt = null;
        running = new TrainingLoop(this, plan, epochsSeen);
        try (Interruptible on = net.device().interruptible()) {
            FitResult result = running.run(from);
            stoppedAt = result.stoppedAt().orElse(null);
            return result;
        } finally {
            epochsSeen = running.dataEpoch();
            running = null;
            freezing.endPhase(settings.frozenBatchNorm());
            net.zeroGrad();
            net.eval();
        }
    }

    /**
     * Stops the running fit after its current step; its {@linkplain FitResult#isStopped result} says so. May be called from any
     * thread; without a running fit it does nothing.
     */
    public void stop() {
        stop = true;
    }

    /**
     * The state of the running fit, or of the last one if it was stopped. During a fit it is to be called from
     * {@link TrainingListener#onBatch} or {@link TrainingListener#onEpoch}, on the training thread.
     *
     * @throws IllegalStateException if no fit is running and the last one is complete
     */
    public FitState state() {
        if (running == null && stoppedAt == null) {
            throw new IllegalStateException("no fit is running or stopped; call state() and saveCheckpoint() in"
                    + " TrainingListener.onBatch or onEpoch, or after stop()");
        }
        return running == null ? stoppedAt : running.state();
    }

    /** Writes the {@link #state} to a file for {@link #resume(Path)}; throws like {@link FitState#write}. */
    public void saveCheckpoint(Path path) throws IOException {
        state().write(path);
    }

    // ---- finding learning rates ----------------------------------------------------------------------------------

    /**
     * fastai's {@code lr_find}: one sweep over all trainable groups, at one rate. Listeners are told of its steps, as those of
     * a phase named after the group, or {@code "all"}. Afterwards the network, its modes, the generator and the order of
     * epochs are the same bits as before.
     *
     * @throws DivergenceException if the loss of the first batch is infinite or NaN, which no learning rate can fix
     */
    public LearningRateSweep lrFind(SweepOptions options) {
        return LearningRateFinder.sweep(new Learner(this), "all", options);
    }

    /** One sweep per trainable group, during which the other groups are frozen. */
    public List<LearningRateSweep> lrFindPerGroup(SweepOptions options) {
        freezing.requireTrainable();
        return IntStream.range(0, groups().size()).filter(this::isTrainable).mapToObj(groups()::get)
                .map(group -> LearningRateFinder.sweep(new Learner(this), group.name(), options)).toList();
    }

    // ---- results -----------------------------------------------------------------------------------------------

    /**
     * Evaluates another model on the validation images, for example that of an earlier epoch.
     *
     * @throws IllegalArgumentException if the model is for another number of classes, or its weights are invalid
     */
    public Evaluation validate(ModelFile saved) {
        Network other = saved.toNet(net.device());
        try {
            return validate(other);
        } finally {
            other.release();
        }
    }

    /** Evaluates the network on the validation images. */
    public Evaluation validate() {
        return validate(net);
    }

    private Evaluation validate(Network which) {
        return Evaluation.of(which, data.valid(), data.classes(), Objective.forValidation(loss, data.labels()), images -> {});
    }

    /**
     * How much of the accuracy on the validation images rests on each layer group's training; two validations for each group.
     * Empty without {@link #diagnostics}. The network keeps its bits.
     */
    public List<GroupResilience> resilience() {
        return diagnostics.resilience(groups(), () -> validate().accuracy());
    }

    /**
     * A copy of the network with its classes and the preparation of images. During a fit it has the weights used for
     * validation: their moving average, if there is one.
     */
    public ModelFile model() {
        Supplier<ModelFile> model = () -> {
            ModelFile now = ModelFile.of(net, data.labels(), data.transforms());
            return loss instanceof Objective.BinaryCrossEntropy binary ? now.threshold(binary.threshold()) : now;
        };
        return running == null ? model.get() : running.asValidated(model);
    }

    /** Saves the {@link #model} for a {@link Classifier}; throws like {@link ModelFile#write}. */
    public void save(Path path) throws IOException {
        model().write(path);
    }

    /** Releases the memory of the diagnostics, and the device that {@link #of(ImageFolder, Path)} opened. */
    @Override
    public void close() {
        diagnostics.close();
        if (ownDevice != null) {
            ownDevice.close();
        }
    }
}
