package thaw.finetune.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.engine.optim.Schedule;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.diagnostics.Diagnostics;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.distributed.ProcessGroup;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.loss.LossFunction;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Metric;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.InputCheck;
import thaw.finetune.predict.KnownImages;
import thaw.finetune.predict.ModelFile;
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
    /** Whether each epoch ends with a validation. */
    boolean validates = true;
    FitSettings settings = FitSettings.sgd();
    LossFunction loss;
    final List<TrainingListener> listeners = new CopyOnWriteArrayList<>();
    List<Metric> metrics = List.of();
    Diagnostics diagnostics;
    Precompute precompute = Precompute.of(Precompute.When.EXACT);
    ProcessGroup workers = ProcessGroup.ALONE;
    NormStatistics normStatistics = NormStatistics.LOCAL;
    final TrainingLoop loop = new TrainingLoop(this);
    private @Nullable Device ownDevice;

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
        this.diagnostics = new Diagnostics(net, DiagnosticsOptions.off());
        unfreeze();
    }

    /**
     * A learner for a pretrained network on a new device, {@link Device#auto}, which {@link #close} closes.
     *
     * @throws IOException if the weights cannot be read
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
        } catch (RuntimeException | Error failed) {
            device.close();
            throw failed;
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

    /** The network. */
    public Network net() {
        return net;
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

    /** Sets when the features of a frozen body are computed once, {@link Precompute.When#EXACT} by default. */
    public Learner precompute(Precompute precompute) {
        this.precompute = Objects.requireNonNull(precompute, "precompute");
        return this;
    }

    /**
     * Sets the workers among which each step's images are divided; this learner alone by default. Each worker has an equal
     * learner, and calls the same methods for training at the same time. A step takes a batch of each worker, so that N workers
     * equal {@link FitSettings#accumulate} of N with batch norm's statistics averaged over the workers, or, if these are synchronised,
     * a batch N times as large; the order of images is that of such a batch. All workers have the same weights at all times, and the
     * bits do not depend on timing. Worker 0 alone validates, and has the results of epochs. A {@link #stop} on one worker stops all.
     *
     * @param statistics those that batch norms in training mode normalise by
     */
    public Learner distributed(ProcessGroup workers, NormStatistics statistics) {
        this.workers = Objects.requireNonNull(workers, "workers");
        normStatistics = Objects.requireNonNull(statistics, "statistics");
        return this;
    }

    /**
     * Sets the diagnostics to compute for {@link EpochResult#activity}; none by default. Call this before
     * training: distances and drift are measured from the network's current weights.
     */
    public Learner diagnostics(DiagnosticsOptions options) {
        Diagnostics wanted = new Diagnostics(net, options);
        try {
            wanted.probe(freezing.groups(), data.train());
        } catch (RuntimeException | Error failed) {
            wanted.close();
            throw failed;
        }
        diagnostics.close();
        diagnostics = wanted;
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
        return fit(epochs, ScheduleRecipe.of("constant"), LearningRates.of(rates));
    }

    /**
     * Trains with fastai's one-cycle schedule, {@link ScheduleRecipe#oneCycle}, with the given rates as its peak; otherwise
     * like {@link #fit(int, Schedule.Factory, LearningRates)}.
     */
    public FitResult fitOneCycle(int epochs, double... rates) {
        return fit(epochs, ScheduleRecipe.oneCycle(), LearningRates.of(rates));
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
     * @throws thaw.finetune.predict.NotEnoughMemoryException if a batch is too large
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
        return loop.run(plan, null);
    }

    /**
     * Resumes a stopped fit, with the same bits at the end as a fit without interruption, if the learner has the same
     * network, data and settings.
     *
     * @throws IllegalArgumentException if the state does not match the plan, the network or the optimizer
     */
    public FitResult resume(List<TrainingPhase> plan, FitState state) {
        return loop.run(plan, state);
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
     *     its epochs, or {@link Precompute.When#REQUIRED} is not possible
     */
    public void check(List<TrainingPhase> plan) {
        loop.check(plan);
    }

    void tell(Consumer<TrainingListener> event) {
        listeners.forEach(event);
    }

    /**
     * Stops the running fit after its current step; its {@linkplain FitResult#isStopped result} says so. May be called from any
     * thread; without a running fit it does nothing.
     */
    public void stop() {
        loop.stop();
    }

    /** Whether {@link #stop} has been called since the last fit began; listeners see each other's decision. */
    public boolean isStopping() {
        return loop.isStopping();
    }

    /**
     * The state of the running fit, or of the last one if it was stopped. During a fit it is to be called from
     * {@link TrainingListener#onBatch} or {@link TrainingListener#onEpoch}, on the training thread.
     *
     * @throws IllegalStateException if no fit is running and the last one is complete
     */
    public FitState state() {
        return loop.state();
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
        return LearningRateFinder.sweep(this, "all", options);
    }

    /** One sweep per trainable group, during which the other groups are frozen. */
    public List<LearningRateSweep> lrFindPerGroup(SweepOptions options) {
        return LearningRateFinder.sweepEach(this, options);
    }

    // ---- results -----------------------------------------------------------------------------------------------

    /** Evaluates the network on the validation images. */
    public Evaluation validate() {
        return validate(data.valid(), images -> {});
    }

    Evaluation validate(BatchLoader images, IntConsumer progress) {
        return Evaluation.of(net, images, Objective.forValidation(loss, data.labels()), progress);
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
        ModelFile model = loop.asValidated(() -> ModelFile.of(net, data.labels(), data.transforms()));
        return loss instanceof Objective.BinaryCrossEntropy binary ? model.threshold(binary.threshold()) : model;
    }

    /**
     * Saves the {@link #model} with the {@linkplain Evaluation#knownImages known images} of an evaluation on the validation images: in
     * {@link TrainingListener#onEpoch} that of the epoch, elsewhere a new one; a multi-label model has none. Throws like
     * {@link ModelFile#write}.
     */
    public void save(Path path) throws IOException {
        ModelFile model = model();
        Optional<KnownImages> known = model.labels().multiLabel() ? Optional.empty() : loop.evaluation().knownImages();
        known.map(model::known).orElse(model).write(path);
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
