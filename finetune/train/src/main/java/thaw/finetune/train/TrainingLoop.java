package thaw.finetune.train;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.LDoG;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.Schedule;
import thaw.engine.optim.WeightAverage;
import thaw.finetune.data.Batches;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.Batch;
import thaw.finetune.diagnostics.EpochActivity;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.resnet.LayerGroup;

/** The training loop: phases, in each of them epochs, in each of these steps and a validation. */
final class TrainingLoop {

    /** The average on which L-DoG's paper evaluates. */
    private static final WeightAverage.Share DOG_AVERAGE = new WeightAverage.PolynomialDecay(8);

    private final Learner learn;
    private final List<TrainingPhase> plan;
    private final List<EpochResult> history = new ArrayList<>();
    private int dataEpoch;

    // ---- of the running phase ----
    private int number;
    private TrainingPhase phase;
    private DataLoaders loaders;
    private List<LayerGroup> groups;
    private Optimizer optimizer;
    private Schedule schedule;
    private EpochLosses losses;
    private WeightAverage average;
    /** The numbers of completed steps of the schedule, of completed epochs, and of completed batches of the running epoch. */
    private int step;
    private int epoch;
    private int batch;
    private double seconds;
    private long since;

    /** @param dataEpoch the loader's number of the next epoch */
    TrainingLoop(Learner learn, List<TrainingPhase> plan, int dataEpoch) {
        this.learn = learn;
        this.plan = plan;
        this.dataEpoch = dataEpoch;
    }

    /**
     * Trains the plan, until it is complete or stopped.
     *
     * @param from the state to resume from; null to start from the beginning
     */
    FitResult run(FitState from) {
        if (from != null) {
            history.addAll(from.history());
        }
        int first = from == null ? 0 : from.position().phase();
        for (int i = first; i < plan.size(); i++) {
            begin(i);
            try {
                if (from != null && i == first) {
                    restore(from);
                }
                learn.tell(listener -> listener.onPhase(phase, number + 1, plan.size()));
                if (!trainPhase()) {
                    return new FitResult(history, Optional.of(state()));
                }
            } finally {
                end();
            }
        }
        return new FitResult(history, Optional.empty());
    }

    private void begin(int index) {
        number = index;
        phase = plan.get(index);
        FitSettings settings = learn.settings;
        List<Double> rates = phase.rates().forGroups(learn.freezing.names());
        learn.freezing.to(phase.freezeTo(), phase.rates(), settings.frozenBatchNorm());
        learn.freezing.requireTrainable();
        groups = learn.freezing.groups();
        loaders = loaders(phase.size());
        schedule = phase.schedule().of(phase.epochs(), learn.stepsPerEpoch());
        boolean dog = phase.rates().rule() == LearningRates.Rule.L_DOG;
        optimizer = optimizer(dog ? LDoG::new : settings.optimizer(), groups, rates);
        step = 0;
        optimizer.follow(schedule, 0);
        losses = new EpochLosses(learn.net.device());
        WeightAverage.Share share = settings.average() == null && dog ? DOG_AVERAGE : settings.average();
        average = share == null ? null : new WeightAverage(learn.net, share);
        learn.diagnostics.meter().stepsPerEpoch(learn.stepsPerEpoch());
        epoch = 0;
        batch = 0;
        seconds = 0;
        since = 0;
    }

    /** An optimizer with a group for each layer group. It leaves frozen parameters alone, because they have no gradient. */
    static Optimizer optimizer(Optimizer.Factory factory, List<LayerGroup> groups, List<Double> rates) {
        return factory.of(IntStream.range(0, groups.size()).mapToObj(i -> ParamGroup.group(groups.get(i).name(),
                groups.get(i).parameters()).lr(rates.get(i))).toArray(ParamGroup[]::new));
    }

    private void end() {
        optimizer.close();
        losses.close();
        if (average != null) {
            average.close();
        }
        learn.diagnostics.meter().reset();
    }

    /** The loaders for images of {@code size × size} pixels; 0 for the data's own size. */
    private DataLoaders loaders(int size) {
        Transforms own = learn.data.transforms();
        return size == 0 || size == own.size() ? learn.data : learn.data.prepared(own.size(size));
    }

    /** The loader's number of the next epoch. */
    int dataEpoch() {
        return dataEpoch;
    }

    // ---- state -------------------------------------------------------------------------------------------------

    /**
     * The state after the last step.
     *
     * @throws DivergenceException if a loss was not finite; such a state is not worth resuming from
     */
    FitState state() {
        requireFinite(null);
        FitState.Position position = new FitState.Position(number, epoch, batch, step, dataEpoch,
                learn.net.device().generator().state(), losses.sum(), losses.images(), seconds + elapsed());
        return new FitState(plan, position, learn.net.stateDict(), optimizer.stateDict(),
                Optional.ofNullable(average).map(WeightAverage::stateDict), learn.diagnostics.meter().state(), history);
    }

    /** Restores a state of the phase that has just begun. */
    private void restore(FitState state) {
        FitState.Position at = state.position();
        for (int i = 1; i <= Math.min(at.epoch(), phase.epochs() - 1); i++) {
            thaw(i);
        }
        learn.net.restore(state.network());
        optimizer.loadStateDict(state.optimizer());
        step = at.step();
        optimizer.follow(schedule, step);
        if (average != null) {
            average.loadStateDict(state.average().orElseThrow(() -> new IllegalArgumentException("resume: the settings have an"
                    + " average of the weights, the state has none; resume with the settings of the stopped fit")));
        }
        learn.net.device().generator().seed(at.random());
        learn.diagnostics.meter().restore(state.activity());
        epoch = at.epoch();
        batch = at.batch();
        dataEpoch = at.dataEpoch();
        losses.restart(at.lossSum(), at.images());
        seconds = at.seconds();
    }

    private double elapsed() {
        return since == 0 ? 0 : (System.nanoTime() - since) / 1e9;
    }

    /** Runs a function on the network with the weights used for validation: their moving average, if there is one. */
    <T> T asValidated(Supplier<T> use) {
        if (average == null) {
            return use.get();
        }
        try (WeightAverage.Swap averaged = average.swap()) {
            return use.get();
        }
    }

    // ---- training ----------------------------------------------------------------------------------------------

    /**
     * Trains the phase.
     *
     * @return whether the phase is complete; false if it was stopped
     */
    private boolean trainPhase() {
        /* Features depend on the body's weights, so they are computed after a state has been restored. */
        loaders = FrozenFeatures.loaders(learn, phase, loaders);
        while (epoch < phase.epochs()) {
            since = System.nanoTime();
            learn.freezing.trainingModes(learn.settings.frozenBatchNorm());
            if (!batches()) {
                return false;
            }
            finishEpoch();
            if (learn.stop && !(number == plan.size() - 1 && epoch == phase.epochs())) {
                return false;
            }
        }
        if (average != null) {
            average.copyToModule();
        }
        return true;
    }

    /** Unfreezes one more group before the epoch of this index, if the phase is gradual. */
    private void thaw(int nextEpoch) {
        int first = learn.freezing.first();
        if (phase.gradual() && first > 0) {
            learn.freezing.to(first - 1, phase.rates(), learn.settings.frozenBatchNorm());
        }
    }

    /**
     * Trains on the rest of the running epoch's batches.
     *
     * @return whether the epoch is complete; false if it was stopped
     */
    private boolean batches() {
        Batch images = null;
        if (batch == 0 && phase.rates().isAutoRgn()) {
            shares();
        }
        try (Batches batches = loaders.train().epoch(dataEpoch, batch)) {
            while (batches.hasNext()) {
                List<Double> rates = learningRates();
                int expected = imagesExpected();
                List<EpochLosses.OfBatch> ofStep = new ArrayList<>();
                for (int i = 0; i < learn.settings.accumulate() && batches.hasNext(); i++) {
                    images = batches.next();
                    batch = batches.position();
                    if (i == 0) {
                        // Before the forward pass, so that its activations can reuse the gradients' memory.
                        optimizer.zeroGrad();
                    }
                    ofStep.add(losses.add(backward(images, (double) images.size() / expected), batch, images.size(), rates));
                }
                update((double) expected / ofStep.stream().mapToInt(EpochLosses.OfBatch::images).sum(), rates);
                if (losses.isDue()) {
                    requireFinite(images);
                }
                optimizer.follow(schedule, ++step);
                if (average != null) {
                    average.update();
                }
                BatchResult result = new BatchResult(epoch + 1, phase.epochs(), batch, loaders.train().batches(), rates,
                        () -> EpochLosses.mean(ofStep));
                learn.tell(listener -> listener.onBatch(result));
                if (learn.stop) {
                    return false;
                }
            }
            requireFinite(images);
            return true;
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException("training on " + Batch.describe(images), "use a smaller batch (now "
                    + learn.data.batch() + ") or smaller images, freeze more layer groups", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException("training on " + Batch.describe(images), ", or freeze more layer groups", full,
                    images.size(), learn.net.device().backend().memory().inUse());
        }
    }

    /** Sets the parameters' shares of the rate for the epoch by Auto-RGN; in a resumed epoch they are part of the state. */
    private void shares() {
        try (Batches first = loaders.train().epoch(dataEpoch, 0)) {
            new AutoRgn(learn.net, groups, optimizer, phase.rates()).choose(first, images -> {
                optimizer.zeroGrad();
                backward(images, 1).close();
            });
        }
        optimizer.zeroGrad();
        String chosen = IntStream.range(learn.freezing.first(), groups.size()).mapToObj(i -> String.format(Locale.ROOT, "%s %.2g",
                groups.get(i).name(), meanStepSize(i) / optimizer.groups().get(i).lr())).collect(joining(", "));
        learn.tell(listener -> listener.onNote(phase.rates() + ", epoch " + (epoch + 1) + ": mean shares of the rate: " + chosen));
    }

    /**
     * Adds the gradients of {@code share} times a batch's mean loss.
     *
     * @param share this batch's weight in the step's loss, 0 to 1
     * @return the batch's mean loss, a scalar that the caller closes
     */
    private Tensor backward(Batch images, double share) {
        try (Scope scope = learn.net.device().scope()) {
            Tensor mean = learn.loss.of(images.scores(learn.net), images);
            Tensor value = mean.detach();
            (share == 1 ? mean : mean.mul(share)).backward();
            return value.unscoped();
        }
    }

    /** Multiplies the gradients by a factor, clips them, and updates the parameters. A factor of 1 leaves their bits unchanged. */
    private void update(double factor, List<Double> rates) {
        if (factor != 1) {
            GradientClipping.scale(optimizer.parameters(), factor);
        }
        learn.diagnostics.meter().beforeStep(groups, rates);
        learn.settings.clipping().forEach(clipping -> clipping.clip(optimizer.parameters()));
        optimizer.step(losses.foundInf());
        learn.diagnostics.meter().afterStep(groups);
    }

    /**
     * The expected number of images in the next step: all batches are full, except for the epoch's last. If images turn
     * out to be unreadable, the gradients are {@linkplain #update scaled} afterwards.
     */
    private int imagesExpected() {
        int size = learn.data.batch();
        return Math.max(1, Math.min(learn.settings.accumulate() * size, loaders.train().images() - batch * size));
    }

    /**
     * Reads the losses, and throws if one is not finite. The network then has the weights that gave the first such loss,
     * because the steps since were not taken. Each epoch is checked at its end at the latest.
     *
     * @param latest the last batch; null if it is not at hand
     * @throws DivergenceException if a loss is not finite
     */
    private void requireFinite(Batch latest) {
        EpochLosses.OfBatch bad = losses.firstNonFinite().orElse(null);
        if (bad == null) {
            return;
        }
        if (bad.batch() == batch && latest != null) {
            throw diverged(bad, latest);
        }
        try (Batches again = loaders.train().epoch(dataEpoch, bad.batch() - 1)) {
            throw diverged(bad, again.hasNext() ? again.next() : null);
        }
    }

    /** @param images the batch; null if it cannot be read again */
    private DivergenceException diverged(EpochLosses.OfBatch bad, Batch images) {
        String loss = "the loss is " + bad.value() + " in epoch " + (epoch + 1) + ", batch " + bad.batch();
        boolean inFirstStep = number == 0 && epoch == 0 && bad.batch() <= learn.settings.accumulate();
        FirstNonFinite cause = new FirstNonFinite(learn.net, groups);
        return inFirstStep && images != null ? new DivergenceException(loss + ", " + cause.describeFirst(images))
                : cause.divergence(loss, bad.rates(), images);
    }

    private void finishEpoch() {
        List<Double> rates = ratesOfTheLastStep();
        if (!learn.validates) {
            nextEpoch();
            return;
        }
        Evaluation valid = asValidated(this::validate);
        if (!Double.isFinite(valid.loss())) {
            int[] undefined = valid.predictions().undefined();
            String loss = "the validation loss is " + valid.loss() + " after epoch " + (epoch + 1) + (undefined.length == 0 ? ""
                    : ", for " + undefined.length + " of " + valid.predictions().size() + " images, the first "
                            + valid.predictions().samples().get(undefined[0]).file());
            throw new FirstNonFinite(learn.net, groups).divergence(loss, rates, null);
        }
        double trainLoss = losses.sum() / losses.images();
        double duration = seconds + elapsed();
        nextEpoch();
        Map<String, Double> metrics = new LinkedHashMap<>();
        learn.metrics.forEach(metric -> metrics.put(metric.name(), metric.of(valid.predictions())));
        learn.tell(listener -> listener.onEvaluation(valid));
        EpochResult result = new EpochResult(phase.name(), epoch, phase.epochs(), trainLoss, valid.loss(), valid.accuracy(),
                metrics, rates, duration, activity(rates));
        history.add(result);
        if (epoch < phase.epochs()) {
            thaw(epoch);
        }
        learn.tell(listener -> listener.onEpoch(result));
    }

    private void nextEpoch() {
        epoch++;
        dataEpoch++;
        batch = 0;
        losses.restart(0, 0);
        seconds = 0;
        since = 0;
    }

    /** The current rates of all layer groups, under a rule that sets them by tensor the means; 0 for frozen groups. */
    private List<Double> learningRates() {
        int first = learn.freezing.first();
        return IntStream.range(0, groups.size()).mapToObj(i -> i < first ? 0
                : phase.rates().isAuto() ? meanStepSize(i) : optimizer.groups().get(i).lr()).toList();
    }

    private double meanStepSize(int group) {
        ParamGroup of = optimizer.groups().get(group);
        return of.parameters().stream().mapToDouble(p -> optimizer.stepSize(of, p)).average().orElse(0);
    }

    /** The rates of the step before: the optimizer already has those of the next one. */
    private List<Double> ratesOfTheLastStep() {
        optimizer.follow(schedule, step - 1);
        List<Double> rates = learningRates();
        optimizer.follow(schedule, step);
        return rates;
    }

    private Evaluation validate() {
        Objective objective = Objective.forValidation(learn.loss, learn.data.labels());
        int all = loaders.valid().images();
        return Evaluation.of(learn.net, loaders.valid(), learn.data.classes(), objective,
                images -> learn.tell(listener -> listener.onValidation(images, all)));
    }

    // ---- events for the listener ---------------------------------------------------------------------------------

    /** The diagnostics of the epoch; empty if they are off. */
    private List<GroupActivity> activity(List<Double> rates) {
        if (learn.diagnostics.options().isOff()) {
            return List.of();
        }
        EpochActivity activity = new EpochActivity(history.size() + 1, plan.stream().mapToInt(TrainingPhase::epochs).sum(),
                learn.diagnostics.epoch(groups, rates));
        learn.tell(listener -> listener.onActivity(activity));
        if (learn.pretrained) {
            learn.diagnostics.warning(activity).ifPresent(this::warn);
        }
        return activity.groups();
    }

    private void warn(String message) {
        learn.tell(listener -> listener.onWarning(message));
    }
}
