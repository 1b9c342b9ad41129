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
import thaw.engine.Tensor;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.Schedule;
import thaw.engine.optim.Scheduler;
import thaw.engine.optim.WeightAverage;
import thaw.finetune.data.Batches;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.Batch;
import thaw.finetune.diagnostics.EpochActivity;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.plan.TrainingPlan;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.resnet.LayerGroup;

/** The training loop: phases, in each of them epochs, in each of these steps and a validation. */
final class TrainingLoop {

    private final Learner learn;
    private final TrainingPlan plan;
    private final List<EpochResult> history = new ArrayList<>();
    private int dataEpoch;

    // ---- of the running phase ----
    private int number;
    private TrainingPhase phase;
    private DataLoaders loaders;
    private List<LayerGroup> groups;
    private Optimizer optimizer;
    private Scheduler scheduler;
    private EpochLosses losses;
    private TrainingStep step;
    private WeightAverage average;
    private int epoch;
    private int batch;
    private double seconds;
    private long since;

    /** @param dataEpoch the loader's number of the next epoch */
    TrainingLoop(Learner learn, TrainingPlan plan, int dataEpoch) {
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
        for (int i = first; i < plan.phases().size(); i++) {
            begin(i);
            try {
                if (from != null && i == first) {
                    restore(from);
                }
                learn.tell(listener -> listener.onPhase(phase, number + 1, plan.phases().size()));
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
        phase = plan.phases().get(index);
        FitSettings settings = learn.settings;
        learn.freezing.to(phase.freezeTo(), settings.frozenBatchNorm());
        List<Double> rates = phase.rates().forGroups(learn.freezing.names());
        learn.freezing.requireTrainable();
        groups = learn.freezing.groups();
        loaders = loaders(phase.size());
        Schedule schedule = phase.schedule().of(phase.epochs(), learn.stepsPerEpoch());
        optimizer = settings.optimizer(groups, rates);
        scheduler = new Scheduler(optimizer, schedule);
        losses = new EpochLosses(learn.net.device());
        step = new TrainingStep(learn.net, learn.loss, optimizer, settings);
        average = settings.average() == null ? null : new WeightAverage(learn.net, settings.average());
        epoch = 0;
        batch = 0;
        seconds = 0;
        since = 0;
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
        FitState.Position position = new FitState.Position(number, epoch, batch, scheduler.stepCount(), dataEpoch,
                learn.net.device().generator().state(), losses.sum(), losses.images(), seconds + elapsed());
        return new FitState(Optional.of(plan), position, learn.net.stateDict(), optimizer.stateDict(),
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
        scheduler.seek(at.step());
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
        warnOfOneRate();
        /* Features depend on the body's weights, so they are computed after a state has been restored. */
        loaders = FrozenFeatures.loaders(learn, phase, loaders);
        while (epoch < phase.epochs()) {
            since = System.nanoTime();
            learn.freezing.trainingModes(learn.settings.frozenBatchNorm());
            if (!batches()) {
                return false;
            }
            finishEpoch();
            if (learn.stop && !(number == plan.phases().size() - 1 && epoch == phase.epochs())) {
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
            learn.freezing.to(first - 1, learn.settings.frozenBatchNorm());
        }
    }

    /**
     * Trains on the rest of the running epoch's batches.
     *
     * @return whether the epoch is complete; false if it was stopped
     */
    private boolean batches() {
        Batch raw = null;
        try (Batches batches = loaders.train().epoch(dataEpoch, batch)) {
            while (batches.hasNext()) {
                List<Double> rates = learningRates();
                int expected = imagesExpected();
                List<EpochLosses.OfBatch> ofStep = new ArrayList<>();
                for (int i = 0; i < learn.settings.accumulate() && batches.hasNext(); i++) {
                    raw = batches.next();
                    batch = batches.position();
                    Tensor mean = step.backward(raw, i == 0, (double) raw.size() / expected);
                    ofStep.add(losses.add(mean, batch, raw.size(), rates));
                }
                int done = ofStep.stream().mapToInt(EpochLosses.OfBatch::images).sum();
                step.scaleGradients((double) expected / done);
                step.update(learn.diagnostics.meter(), groups, losses.foundInf());
                if (losses.isDue()) {
                    requireFinite(raw);
                }
                scheduler.step();
                if (average != null) {
                    average.update();
                }
                BatchResult result = new BatchResult(epoch + 1, phase.epochs(), batch, loaders.train().batches(), rates,
                        () -> mean(ofStep));
                learn.tell(listener -> listener.onBatch(result));
                if (learn.stop) {
                    return false;
                }
            }
            requireFinite(raw);
            return true;
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException("training on " + Batch.describe(raw), "use a smaller batch (now "
                    + learn.data.batch() + ") or smaller images, freeze more layer groups", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException("training on " + Batch.describe(raw), ", or freeze more layer groups", full,
                    raw.size(), learn.net.device().backend().memory().inUse());
        }
    }

    /**
     * The expected number of images in the next step: all batches are full, except for the epoch's last. If images turn
     * out to be unreadable, the gradients are {@linkplain TrainingStep#scaleGradients scaled} afterwards.
     */
    private int imagesExpected() {
        int size = learn.data.batch();
        return Math.max(1, Math.min(learn.settings.accumulate() * size, loaders.train().images() - batch * size));
    }

    private static double mean(List<EpochLosses.OfBatch> ofStep) {
        return ofStep.stream().mapToDouble(loss -> loss.value() * loss.images()).sum()
                / ofStep.stream().mapToInt(EpochLosses.OfBatch::images).sum();
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

    /** @param raw the batch; null if it cannot be read again */
    private DivergenceException diverged(EpochLosses.OfBatch bad, Batch raw) {
        String when = "in epoch " + (epoch + 1) + ", batch " + bad.batch();
        boolean inFirstStep = number == 0 && epoch == 0 && bad.batch() <= learn.settings.accumulate();
        return inFirstStep && raw != null ? new DivergenceException("the loss is " + bad.value() + " " + when + ", "
                + new FirstNonFinite(learn.net, groups).describeFirst(raw))
                : diverged("the loss", bad.value(), when, bad.rates(), raw);
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
            throw diverged("the validation loss", valid.loss(), "after epoch " + (epoch + 1) + (undefined.length == 0 ? ""
                    : ", for " + undefined.length + " of " + valid.predictions().size() + " images, the first "
                            + valid.predictions().samples().get(undefined[0]).file()),
                    rates, null);
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

    /** The current rates of all layer groups; 0 for frozen ones. */
    private List<Double> learningRates() {
        int first = learn.freezing.first();
        return IntStream.range(0, groups.size()).mapToObj(i -> i < first ? 0 : optimizer.groups().get(i).lr()).toList();
    }

    /** The rates of the step before: the scheduler has already advanced to the next step. */
    private List<Double> ratesOfTheLastStep() {
        scheduler.seek(scheduler.stepCount() - 1);
        List<Double> rates = learningRates();
        scheduler.seek(scheduler.stepCount() + 1);
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
        EpochActivity activity = new EpochActivity(epoch, phase.epochs(), learn.diagnostics.epoch(groups, rates));
        learn.tell(listener -> listener.onActivity(activity));
        if (learn.pretrained) {
            learn.diagnostics.warning(activity).ifPresent(this::warn);
        }
        return activity.groups();
    }

    private void warn(String message) {
        learn.tell(listener -> listener.onWarning(message));
    }

    private void warnOfOneRate() {
        if (learn.pretrained && phase.rates().isSingle() && groups.size() > 1 && learn.freezing.first() == 0) {
            double lr = phase.rates().numbers().get(0);
            warn("one learning rate, " + lr + ", for all layer groups of a pretrained network "
                    + learn.freezing.names() + ": a rate high enough for a new head can destroy the early layers' pretrained"
                    + " weights within a few steps; use slice(" + lr / 100 + "," + lr + ") or a rate for each group,"
                    + " or, to train all groups at one rate without this warning, give the rate " + groups.size() + " times");
        }
    }

    private DivergenceException diverged(String what, double value, String when, List<Double> rates, Batch raw) {
        String shown = rates.stream().map(rate -> String.format(Locale.ROOT, "%.3g", rate)).collect(joining(", "));
        return new DivergenceException(what + " is " + value + " " + when + ", at learning rates " + shown + "; "
                + new FirstNonFinite(learn.net, groups).describe(raw) + ". The network's weights are unusable: start again"
                + " from the pretrained weights or the last checkpoint with lower rates, for example a tenth");
    }
}
