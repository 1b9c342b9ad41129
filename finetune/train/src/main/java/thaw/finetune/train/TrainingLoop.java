package thaw.finetune.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import thaw.engine.Interruptible;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.Schedule;
import thaw.engine.optim.WeightAverage;
import thaw.finetune.data.Batches;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.Batch;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.distributed.ProcessGroup;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.resnet.LayerGroup;

/** The training loop: phases, in each of them epochs, in each of these steps and a validation. */
final class TrainingLoop {

    private final Learner learn;
    private final PlanPosition at = new PlanPosition();
    private List<TrainingPhase> plan;
    private List<EpochResult> history;
    private boolean running;
    private @Nullable FitState stoppedAt;
    private volatile boolean stop;

    // ---- of the running phase ----
    private TrainingPhase phase;
    private DataLoaders loaders;
    private List<LayerGroup> groups;
    private Optimizer optimizer;
    private Schedule schedule;
    private EpochLosses losses;
    /** Those of this worker's batches: {@code losses}, unless there are other workers. */
    private EpochLosses ownLosses;
    private SynchronisedNorms norms;
    private StepSum sum;
    private @Nullable WeightAverage average;
    /** The evaluation of the present weights, from an epoch's end until training goes on. */
    private @Nullable Evaluation evaluation;

    TrainingLoop(Learner learn) {
        this.learn = learn;
    }

    /** @throws IllegalArgumentException under the conditions of {@link Learner#check} */
    void check(List<TrainingPhase> wanted) {
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("a training plan needs at least one phase");
        }
        for (TrainingPhase one : wanted) {
            one.rates().forGroups(learn.freezing.names());
            one.schedule().of(one.epochs(), stepsPerEpoch());
        }
        if (learn.precompute.when() == Precompute.When.REQUIRED) {
            if (!learn.workers.isAlone()) {
                throw new IllegalArgumentException("precompute: a head is trained from features by one worker only, there are "
                        + learn.workers.size() + "; train it alone, or don't require it");
            }
            FrozenFeatures.requireExact(learn, wanted);
        }
    }

    private int stepsPerEpoch() {
        return (learn.data.train().batches() + batchesPerStep() - 1) / batchesPerStep();
    }

    private int batchesPerStep() {
        return learn.settings.accumulate() * learn.workers.size();
    }

    /**
     * Trains a plan, until it is complete or stopped.
     *
     * @param from the state to resume from; null to start from the beginning
     */
    FitResult run(List<TrainingPhase> wanted, @Nullable FitState from) {
        if (running) {
            throw new IllegalStateException("a fit is already running; a listener may call stop() and state(), but not fit");
        }
        check(wanted);
        if (from != null && from.position().phase() >= wanted.size()) {
            throw new IllegalArgumentException("resume: the state belongs to phase " + (from.position().phase() + 1) + ", the plan has "
                    + wanted.size() + "; resume with the plan of the stopped fit");
        }
        if (!learn.workers.isAlone()) {
            LearnerFingerprint.requireEqual(learn, wanted);
        }
        plan = wanted;
        history = new ArrayList<>(from == null ? List.of() : from.history());
        stop = false;
        stoppedAt = null;
        running = true;
        try (Interruptible on = learn.net.device().interruptible()) {
            for (int i = from == null ? 0 : from.position().phase(); i < plan.size() && stoppedAt == null; i++) {
                trainPhase(i, from != null && i == from.position().phase() ? from : null);
            }
            return new FitResult(history, Optional.ofNullable(stoppedAt));
        } finally {
            running = false;
            evaluation = null;
            learn.freezing.endPhase(learn.settings.frozenBatchNorm());
            learn.net.zeroGrad();
            learn.net.eval();
        }
    }

    private void trainPhase(int index, @Nullable FitState from) {
        begin(index);
        try {
            if (from != null) {
                restore(from);
            }
            learn.tell(listener -> listener.onPhase(phase, index + 1, plan.size()));
            if (!epochs()) {
                stoppedAt = state();
            }
        } finally {
            end();
        }
    }

    /** Continues the order of epochs of another loop on the same data. */
    void continueAfter(TrainingLoop other) {
        at.dataEpoch = other.at.dataEpoch;
    }

    /** Stops after the current step; from any thread. */
    void stop() {
        stop = true;
    }

    boolean isStopping() {
        return stop;
    }

    private void begin(int index) {
        at.beginPhase(index);
        phase = plan.get(index);
        FitSettings settings = learn.settings;
        List<Double> rates = phase.rates().forGroups(learn.freezing.names());
        learn.freezing.to(phase.freezeTo(), phase.rates(), settings.frozenBatchNorm());
        learn.freezing.requireTrainable();
        groups = learn.freezing.groups();
        loaders = learn.data.size(phase.size());
        schedule = phase.schedule().of(phase.epochs(), stepsPerEpoch());
        optimizer = optimizer(settings.optimizerFor(phase.rates()), groups, rates);
        optimizer.follow(schedule, 0);
        losses = new EpochLosses(learn.net.device());
        ownLosses = learn.workers.isAlone() ? losses : new EpochLosses(learn.net.device());
        norms = new SynchronisedNorms(learn.workers, learn.net, learn.normStatistics);
        sum = new StepSum(learn.workers, learn.net, optimizer.parameters(), norms);
        average = settings.averageFor(phase.rates()).map(share -> new WeightAverage(learn.net, share)).orElse(null);
        learn.diagnostics.meter().stepsPerEpoch(stepsPerEpoch());
    }

    /** An optimizer with a group for each layer group. It leaves frozen parameters alone, because they have no gradient. */
    static Optimizer optimizer(Optimizer.Factory factory, List<LayerGroup> groups, List<Double> rates) {
        return factory.of(IntStream.range(0, groups.size()).mapToObj(i -> ParamGroup.group(groups.get(i).name(),
                groups.get(i).parameters()).lr(rates.get(i))).toArray(ParamGroup[]::new));
    }

    private void end() {
        norms.end();
        optimizer.close();
        losses.close();
        ownLosses.close();
        if (average != null) {
            average.close();
            average = null;
        }
        learn.diagnostics.meter().reset();
    }

    // ---- state -------------------------------------------------------------------------------------------------

    /**
     * The state after the last step, or that at which the last fit was stopped.
     *
     * @throws DivergenceException   if a loss was not finite; such a state is not worth resuming from
     * @throws IllegalStateException if there is neither
     */
    FitState state() {
        if (!running) {
            return Optional.ofNullable(stoppedAt).orElseThrow(() -> new IllegalStateException("no fit is running or stopped; call"
                    + " state() and saveCheckpoint() in TrainingListener.onBatch or onEpoch, or after stop()"));
        }
        requireFinite(null);
        return new FitState(plan, at.copy(learn.net.device(), losses), learn.net.stateDict(), optimizer.stateDict(),
                Optional.ofNullable(average).map(WeightAverage::stateDict), learn.diagnostics.meter().state(), history);
    }

    /** Restores a state of the phase that has just begun. */
    private void restore(FitState state) {
        FitState.Position position = state.position();
        for (int i = 1; i <= Math.min(position.epoch(), phase.epochs() - 1); i++) {
            learn.freezing.thaw(phase, learn.settings.frozenBatchNorm());
        }
        learn.net.restore(state.network());
        optimizer.loadStateDict(state.optimizer());
        at.restore(position);
        optimizer.follow(schedule, at.step);
        if (average != null) {
            average.loadStateDict(state.average().orElseThrow(() -> new IllegalArgumentException("resume: the settings have an"
                    + " average of the weights, the state has none; resume with the settings of the stopped fit")));
        }
        learn.net.device().generator().seed(position.random());
        learn.diagnostics.meter().restore(state.activity());
        losses.restart(position.lossSum(), position.images());
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

    /** The evaluation of the weights used for validation on the validation images: the running epoch's, or else a new one. */
    Evaluation evaluation() {
        return evaluation != null ? evaluation : asValidated(learn::validate);
    }

    // ---- training ----------------------------------------------------------------------------------------------

    /**
     * Trains the epochs of the phase.
     *
     * @return whether the phase is complete; false if it was stopped
     */
    private boolean epochs() {
        /* Features depend on the body's weights, so they are computed after a state has been restored. */
        if (learn.workers.isAlone()) {
            loaders = FrozenFeatures.loaders(learn, phase, loaders);
        }
        while (at.epoch < phase.epochs()) {
            evaluation = null;
            at.startClock();
            learn.freezing.trainingModes(learn.settings.frozenBatchNorm());
            if (!batches()) {
                return false;
            }
            finishEpoch();
            if (learn.workers.any(stop) && !(at.phase == plan.size() - 1 && at.epoch == phase.epochs())) {
                return false;
            }
        }
        if (average != null) {
            average.copyToModule();
        }
        return true;
    }

    /**
     * Trains on the rest of the running epoch's batches.
     *
     * @return whether the epoch is complete; false if it was stopped
     */
    private boolean batches() {
        Batch images = null;
        ProcessGroup workers = learn.workers;
        if (at.batch == 0) {
            if (!workers.isAlone()) {
                // All workers choose by the same batches; the last step's seed was each one's own.
                learn.net.device().generator().seed(loaders.train().seed(at.dataEpoch, -1));
            }
            applyRule();
        }
        try (Batches batches = loaders.train().epoch(at.dataEpoch, at.batch + workers.rank(), workers.size())) {
            while (at.batch < loaders.train().batches()) {
                List<Double> rates = learningRates();
                int expected = imagesExpected();
                int end = Math.min(at.batch + batchesPerStep(), loaders.train().batches());
                List<EpochLosses.OfBatch> own = new ArrayList<>();
                // Before the forward pass, so that its activations can reuse the gradients' memory.
                optimizer.zeroGrad();
                while (norms.begin(hasNext(batches, end))) {
                    if (!hasNext(batches, end)) {
                        norms.standIn(loaders.transforms().size());
                        continue;
                    }
                    if (!workers.isAlone()) {
                        // The checkpoint has the generator of one worker.
                        learn.net.device().generator().seed(loaders.train().seed(at.dataEpoch, batches.position()));
                    }
                    int number = batches.position() + 1;
                    images = batches.next();
                    own.add(ownLosses.add(backward(images, (double) images.size() / expected), number, images.size(), rates));
                }
                at.batch = end;
                List<EpochLosses.OfBatch> ofStep = workers.isAlone() ? own : summed(own, rates);
                if (ofStep.isEmpty()) {
                    continue; // no image of the step can be read
                }
                update((double) expected / ofStep.stream().mapToInt(EpochLosses.OfBatch::images).sum(), rates);
                if (losses.isDue()) {
                    requireFinite(images);
                }
                optimizer.follow(schedule, ++at.step);
                if (average != null) {
                    average.update();
                }
                BatchResult result = new BatchResult(at.epoch + 1, phase.epochs(), at.batch, loaders.train().batches(), rates,
                        () -> EpochLosses.mean(ofStep));
                learn.tell(listener -> listener.onBatch(result));
                if (workers.any(stop)) {
                    return false;
                }
            }
            requireFinite(images);
            if (losses.images() == 0) {
                // Of its own share a worker may read none.
                throw new ImageReadException("none of " + loaders.train().images() + " training images can be read by any worker"
                        + loaders.train().broken().stream().findFirst().map(broken -> "; the first: " + broken.reason()).orElse(""));
            }
            return true;
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException("training on " + Batch.describe(images), "use a smaller batch (now "
                    + learn.data.batch() + ") or smaller images, freeze more layer groups", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException("training on " + Batch.describe(images), ", or freeze more layer groups", full,
                    images.size(), learn.net.device().backend().memory().inUse());
        }
    }

    private static boolean hasNext(Batches batches, int end) {
        // Batches.hasNext() waits for a batch, and passes over those without a readable image.
        return batches.position() < end && batches.hasNext() && batches.position() < end;
    }

    /** Sums the workers' gradients, and returns their losses as one; empty if no worker has an image. */
    private List<EpochLosses.OfBatch> summed(List<EpochLosses.OfBatch> own, List<Double> rates) {
        int images = own.stream().mapToInt(EpochLosses.OfBatch::images).sum();
        StepSum.Totals all = sum.over(own.isEmpty() ? 0 : EpochLosses.mean(own), images);
        return all.images() == 0 ? List.of()
                : List.of(losses.add(learn.net.device().scalar(all.loss()), at.batch, all.images(), rates));
    }

    /** Applies the rule of the rates at the start of an epoch; in a resumed epoch what it chose is part of the state. */
    private void applyRule() {
        if (at.epoch == 0 && phase.rates().startsInClosedForm()) {
            try (Batches epoch = loaders.train().epoch(at.dataEpoch, 0)) {
                ClosedFormHead.set(learn, phase.rates(), optimizer, epoch);
            }
        }
        if (phase.rates().isAutoRgn()) {
            try (Batches epoch = loaders.train().epoch(at.dataEpoch, 0)) {
                new AutoRgn(learn, phase.rates(), optimizer).choose(epoch, at.epoch + 1, images -> {
                    optimizer.zeroGrad();
                    try (Tensor loss = backward(images, 1)) {
                        return loss.item();
                    }
                });
            }
            optimizer.zeroGrad();
        }
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
        return Math.max(1, Math.min(batchesPerStep() * learn.data.batch(),
                loaders.train().images() - at.batch * learn.data.batch()));
    }

    /**
     * Reads the losses, and throws if one is not finite. The network then has the weights that gave the first such loss,
     * because the steps since were not taken. Each epoch is checked at its end at the latest.
     *
     * @param latest this worker's last batch; null if it is not at hand
     * @throws DivergenceException if a loss is not finite
     */
    private void requireFinite(@Nullable Batch latest) {
        EpochLosses.OfBatch summed = losses.firstNonFinite().orElse(null);
        if (summed == null) {
            return;
        }
        Optional<EpochLosses.OfBatch> own = ownLosses.firstNonFinite();
        EpochLosses.OfBatch bad = own.orElse(summed);
        boolean inFirstStep = at.phase == 0 && at.epoch == 0 && bad.batch() <= batchesPerStep();
        try (Batches again = loaders.train().epoch(at.dataEpoch, bad.batch() - 1)) {
            // The batch of another worker cannot be told from the sum.
            Batch images = own.isEmpty() ? null
                    : bad.batch() == at.batch && latest != null ? latest : again.hasNext() ? again.next() : null;
            throw new FirstNonFinite(learn.net, groups).divergence(bad, at.epoch + 1, images, inFirstStep);
        }
    }

    private void finishEpoch() {
        List<Double> rates = ratesOfTheLastStep();
        if (!learn.validates || learn.workers.rank() > 0) {
            nextEpoch();
            return;
        }
        Evaluation valid = asValidated(() -> learn.validate(loaders.valid(),
                images -> learn.tell(listener -> listener.onValidation(images, loaders.valid().images()))));
        new FirstNonFinite(learn.net, groups).require(valid, at.epoch + 1, rates);
        double duration = at.seconds();
        List<GroupActivity> activity = learn.diagnostics.epoch(groups, rates);
        if (learn.net.isPretrained()) {
            learn.diagnostics.warning(activity, history.size() + 1)
                    .ifPresent(message -> learn.tell(listener -> listener.onWarning(message)));
        }
        EpochResult result = new EpochResult(new EpochResult.Place(phase.name(), at.epoch + 1, phase.epochs()),
                losses.sum() / losses.images(), EpochResult.Validation.of(valid, learn.metrics), rates, duration, activity);
        history.add(result);
        nextEpoch();
        evaluation = valid;
        learn.tell(listener -> listener.onEpoch(result));
    }

    private void nextEpoch() {
        at.nextEpoch();
        losses.restart(0, 0);
        if (at.epoch < phase.epochs()) {
            learn.freezing.thaw(phase, learn.settings.frozenBatchNorm());
        }
    }

    /** The current rates of all layer groups, under a rule that sets them by tensor the means; 0 for frozen groups. */
    private List<Double> learningRates() {
        int first = learn.freezing.first();
        return IntStream.range(0, groups.size()).mapToObj(i -> i < first ? 0
                : phase.rates().isAuto() ? optimizer.meanStepSize(i) : optimizer.groups().get(i).lr()).toList();
    }

    /** The rates of the step before: the optimizer already has those of the next one. */
    private List<Double> ratesOfTheLastStep() {
        optimizer.follow(schedule, at.step - 1);
        List<Double> rates = learningRates();
        optimizer.follow(schedule, at.step);
        return rates;
    }
}
