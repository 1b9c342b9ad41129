package thaw.finetune.train;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
import thaw.finetune.data.RawBatch;
import thaw.finetune.diagnostics.EpochActivity;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.resnet.LayerGroup;

/** The execution of one phase of a plan. */
final class PhaseRun implements AutoCloseable {

    private final FitContext context;
    private final TrainingPhase phase;
    private final int number;
    private final boolean last;
    private final List<EpochResult> history;
    private DataLoaders loaders;
    private final List<LayerGroup> groups;
    private final Optimizer optimizer;
    private final Scheduler scheduler;
    private final TrainingStep step;
    private final WeightAverage average;
    private int dataEpoch;
    private int epoch;
    private int batch;
    private final EpochLosses losses;
    private double seconds;
    private long since;

    /**
     * @param number    the index of the phase in the plan, from 0
     * @param last      whether it is the plan's last phase
     * @param dataEpoch the loader's number of the next epoch
     * @param history   the results of all phases; this phase adds its own
     */
    PhaseRun(FitContext context, TrainingPhase phase, int number, boolean last, int dataEpoch,
            List<EpochResult> history) {
        this.context = context;
        this.phase = phase;
        this.number = number;
        this.last = last;
        this.dataEpoch = dataEpoch;
        this.history = history;
        FitSettings settings = context.settings();
        context.freezing().to(phase.freezeTo(), settings.frozenBatchNorm());
        List<Double> rates = phase.rates().forGroups(context.freezing().names());
        context.freezing().requireTrainable();
        groups = context.freezing().groups();
        loaders = context.loaders(phase.size());
        Schedule schedule = phase.schedule().of(phase.epochs(), context.stepsPerEpoch());
        optimizer = settings.optimizer(groups, rates);
        scheduler = new Scheduler(optimizer, schedule);
        losses = new EpochLosses(context.net().device());
        step = new TrainingStep(context.net(), context.loss(), optimizer, settings);
        average = settings.average() == null ? null : new WeightAverage(context.net(), settings.average());
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
        return new FitState(number, epoch, batch, scheduler.stepCount(), dataEpoch, context.net().device().generator().state(),
                losses.sum(), losses.images(), seconds + elapsed(), context.net().stateDict(), optimizer.stateDict(),
                Optional.ofNullable(average).map(WeightAverage::stateDict), context.diagnostics().meter().state(), history);
    }

    /** Restores a state of this phase; to be called before any other method. */
    void restore(FitState state) {
        for (int i = 1; i <= Math.min(state.epoch(), phase.epochs() - 1); i++) {
            thaw(i);
        }
        context.net().restore(state.network());
        optimizer.loadStateDict(state.optimizer());
        scheduler.seek(state.step());
        if (average != null) {
            average.loadStateDict(state.average().orElseThrow(() -> new IllegalArgumentException("resume: the settings have an"
                    + " average of the weights, the state has none; resume with the settings of the stopped fit")));
        }
        context.net().device().generator().seed(state.random());
        context.diagnostics().meter().restore(state.activity());
        epoch = state.epoch();
        batch = state.batch();
        dataEpoch = state.dataEpoch();
        losses.restart(state.lossSum(), state.images());
        seconds = state.seconds();
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
    boolean train() {
        warnOfOneRate();
        /* Features depend on the body's weights, so they are computed after a state has been restored. */
        loaders = FrozenFeatures.loaders(context, phase, loaders);
        while (epoch < phase.epochs()) {
            since = System.nanoTime();
            context.freezing().trainingModes(context.settings().frozenBatchNorm());
            if (!batches()) {
                return false;
            }
            finishEpoch();
            if (context.stop().getAsBoolean() && !(last && epoch == phase.epochs())) {
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
        int first = context.freezing().first();
        if (phase.gradual() && first > 0) {
            context.freezing().to(first - 1, context.settings().frozenBatchNorm());
        }
    }

    /**
     * Trains on the rest of the running epoch's batches.
     *
     * @return whether the epoch is complete; false if it was stopped
     */
    private boolean batches() {
        RawBatch raw = null;
        try (Batches batches = loaders.train().epoch(dataEpoch, batch)) {
            while (batches.hasNext()) {
                List<Double> rates = learningRates();
                int expected = imagesExpected();
                List<EpochLosses.OfBatch> ofStep = new ArrayList<>();
                for (int i = 0; i < context.settings().accumulate() && batches.hasNext(); i++) {
                    raw = batches.next();
                    batch = batches.position();
                    Tensor mean = step.backward(raw, i == 0, (double) raw.size() / expected);
                    ofStep.add(losses.add(mean, batch, raw.size(), rates));
                }
                int done = ofStep.stream().mapToInt(EpochLosses.OfBatch::images).sum();
                step.scaleGradients((double) expected / done);
                step.update(context.diagnostics().meter(), groups, losses.foundInf());
                if (losses.isDue()) {
                    requireFinite(raw);
                }
                scheduler.step();
                if (average != null) {
                    average.update();
                }
                context.listener().onBatch(new BatchResult(epoch + 1, phase.epochs(), batch, loaders.train().batches(), rates,
                        () -> mean(ofStep)));
                if (context.stop().getAsBoolean()) {
                    return false;
                }
            }
            requireFinite(raw);
            return true;
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException("training on " + RawBatch.describe(raw), "use a smaller batch (now "
                    + context.data().batch() + ") or smaller images, freeze more layer groups", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException("training on " + RawBatch.describe(raw), ", or freeze more layer groups", full,
                    raw.size(), context.net().device().backend().memory().inUse());
        }
    }

    /**
     * The expected number of images in the next step: all batches are full, except for the epoch's last. If images turn
     * out to be unreadable, the gradients are {@linkplain TrainingStep#scaleGradients scaled} afterwards.
     */
    private int imagesExpected() {
        int size = context.data().batch();
        return Math.max(1, Math.min(context.settings().accumulate() * size, loaders.train().images() - batch * size));
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
    private void requireFinite(RawBatch latest) {
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
    private DivergenceException diverged(EpochLosses.OfBatch bad, RawBatch raw) {
        String when = "in epoch " + (epoch + 1) + ", batch " + bad.batch();
        boolean inFirstStep = number == 0 && epoch == 0 && bad.batch() <= context.settings().accumulate();
        return inFirstStep && raw != null ? new DivergenceException("the loss is " + bad.value() + " " + when + ", "
                + new FirstNonFinite(context.net(), groups).describeFirst(raw))
                : diverged("the loss", bad.value(), when, bad.rates(), raw);
    }

    private void finishEpoch() {
        List<Double> rates = ratesOfTheLastStep();
        Evaluation valid = asValidated(this::validate);
        if (!Double.isFinite(valid.loss())) {
            int[] undefined = valid.predictions().undefined();
            throw diverged("the validation loss", valid.loss(), "after epoch " + (epoch + 1) + (undefined.length == 0 ? ""
                    : ", for " + undefined.length + " of " + valid.predictions().size() + " images, the first "
                    + valid.predictions().samples().get(undefined[0]).file()), rates, null);
        }
        epoch++;
        dataEpoch++;
        batch = 0;
        EpochResult result = new EpochResult(epoch, phase.epochs(), losses.sum() / losses.images(), valid.loss(),
                valid.accuracy(), seconds + elapsed(), rates);
        losses.restart(0, 0);
        seconds = 0;
        since = 0;
        history.add(result);
        context.listener().onEvaluation(valid);
        tellOfActivity(rates);
        if (epoch < phase.epochs()) {
            thaw(epoch);
        }
        context.listener().onEpoch(result);
    }

    /** The current rates of all layer groups; 0 for frozen ones. */
    private List<Double> learningRates() {
        int first = context.freezing().first();
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
        Objective objective = Objective.forValidation(context.loss(), context.data().labels());
        return Evaluation.of(context.net(), loaders.valid(), context.data().classes(), objective,
                images -> context.listener().onValidation(images, loaders.valid().images()));
    }

    // ---- events for the listener ---------------------------------------------------------------------------------

    private void tellOfActivity(List<Double> rates) {
        if (!context.diagnostics().options().isOff()) {
            EpochActivity activity = new EpochActivity(epoch, phase.epochs(), context.diagnostics().epoch(groups, rates));
            context.listener().onActivity(activity);
            if (context.pretrained()) {
                context.diagnostics().warning(activity).ifPresent(context.listener()::onWarning);
            }
        }
    }

    private void warnOfOneRate() {
        if (context.pretrained() && phase.rates().isSingle() && groups.size() > 1
                && context.freezing().first() == 0) {
            double lr = phase.rates().numbers().get(0);
            context.listener().onWarning("one learning rate, " + lr + ", for all layer groups of a pretrained network "
                    + context.freezing().names() + ": a rate high enough for a new head can destroy the early layers' pretrained"
                    + " weights within a few steps; use slice(" + lr / 100 + "," + lr + ") or a rate for each group,"
                    + " or, to train all groups at one rate without this warning, give the rate " + groups.size() + " times");
        }
    }

    private DivergenceException diverged(String what, double value, String when, List<Double> rates, RawBatch raw) {
        String shown = rates.stream().map(rate -> String.format(Locale.ROOT, "%.3g", rate)).collect(joining(", "));
        return new DivergenceException(what + " is " + value + " " + when + ", at learning rates " + shown + "; "
                + new FirstNonFinite(context.net(), groups).describe(raw) + ". The network's weights are unusable: start again"
                + " from the pretrained weights or the last checkpoint with lower rates, for example a tenth");
    }

    @Override
    public void close() {
        optimizer.close();
        losses.close();
        if (average != null) {
            average.close();
        }
        context.diagnostics().meter().reset();
    }
}
