package thaw.finetune.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.io.AtomicFile;
import thaw.finetune.diagnostics.EpochActivity;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Metric;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.plan.TrainingPlan;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FitResult;
import thaw.finetune.train.FitState;
import thaw.finetune.train.Learner;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.LayerGroup;

/**
 * Trains by a plan and stores its progress in a {@link RunFolder}. If the process is killed at any moment, a new run on
 * the same folder resumes from the last checkpoint and ends with the same model, byte for byte.
 *
 * <p>Checkpoints are written after each epoch, at a given interval within an epoch, and when training is stopped. The
 * models after the last and the best epoch, which a checkpoint refers to, are complete before the checkpoint is written.
 * The tables and the final model can be rebuilt from the checkpoint, which is therefore deleted last.
 */
public final class TrainingRun {

    private final RunFolder folder;
    private final RunSettings settings;
    private final TrainingPlan plan;
    private final Learner learn;
    private final TrainingListener listener;
    private final long checkpointNanos;
    private final List<String> warnings = new ArrayList<>();
    private RunLog log;
    private BrokenImages broken = BrokenImages.of(List.of());
    private long lastCheckpoint;

    /** The end of a run. */
    public enum Ending {
        /** The plan is complete. */
        COMPLETE,
        /** Early stopping: the validation loss has not fallen for {@link RunSettings#patience()} epochs. */
        EARLY,
        /** {@link Learner#stop} was called; the run can be resumed from its checkpoint. */
        STOPPED
    }

    /**
     * The outcome of a run.
     *
     * @param log    of all epochs, including those before an interruption
     * @param kept   the epoch whose model was kept; null if the run was stopped
     * @param broken the images that were skipped
     */
    public record Outcome(Ending ending, RunLog log, EpochRow kept, BrokenImages broken) {
    }

    /**
     * @param learn             built from {@code settings} (see {@link RunSetup}) and not trained yet; the run replaces
     *     its listener
     * @param listener          receives all events of the training
     * @param checkpointSeconds the interval between checkpoints within an epoch; 0 for one after each step
     */
    public TrainingRun(RunFolder folder, RunSettings settings, Learner learn, TrainingListener listener,
            double checkpointSeconds) {
        this.folder = folder;
        this.settings = settings;
        this.plan = settings.trainingPlan();
        this.learn = learn;
        this.listener = listener;
        this.checkpointNanos = (long) (checkpointSeconds * 1e9);
        this.log = new RunLog(learn.groups().stream().map(LayerGroup::name).toList(), List.of());
    }

    /**
     * Starts the run, or resumes it if the folder has a checkpoint.
     *
     * @throws IllegalArgumentException if {@link Learner#check} refuses the plan; nothing has been written then
     * @throws DivergenceException      if the loss becomes infinite or NaN; the last checkpoint is kept
     * @throws IOException              if another process trains into the folder, or writing fails; existing files are
     *     unchanged then
     */
    public Outcome run() throws IOException {
        learn.check(plan);
        if (!folder.hasRun()) {
            folder.requireFree();
        }
        try (RunLock lock = folder.lock()) {
            return runAlone();
        }
    }

    private Outcome runAlone() throws IOException {
        if (!folder.hasRun()) {
            folder.begin(settings);
        }
        folder.prepare();
        broken = BrokenImages.read(folder.broken());
        FitState from = null;
        if (folder.hasCheckpoint()) {
            Checkpoint checkpoint = Checkpoint.read(folder.state());
            from = checkpoint.state();
            log = checkpoint.log();
        }
        writeTables();
        if (from == null || !isOver(from)) {
            FitResult result = train(from);
            if (result.stoppedAt().isPresent() && !log.isStale(settings.patience())) {
                checkpoint(result.stoppedAt().get());
                return new Outcome(Ending.STOPPED, log, null, broken);
            }
        }
        return finish();
    }

    /** Whether training is complete and only {@link #finish} is left. */
    private boolean isOver(FitState state) {
        int last = plan.phases().size() - 1;
        boolean complete = state.phase() == last && state.epoch() == plan.phases().get(last).epochs();
        return complete || log.isStale(settings.patience()) && state.batch() == 0;
    }

    private FitResult train(FitState from) throws IOException {
        learn.listener(new Recorder());
        lastCheckpoint = System.nanoTime();
        try {
            return from == null ? learn.run(plan) : learn.resume(plan, from);
        } catch (UncheckedIOException failed) {
            throw failed.getCause();
        } catch (DivergenceException diverged) {
            if (!folder.hasCheckpoint()) {
                throw diverged;
            }
            String model = Files.exists(folder.lastModel())
                    ? ", the model after the last good epoch is " + folder.lastModel() : "";
            throw new DivergenceException(diverged.getMessage() + "; the last checkpoint is kept in "
                    + folder.checkpoint() + model);
        }
    }

    private Outcome finish() throws IOException {
        boolean best = settings.keep() == RunSettings.Keep.BEST;
        AtomicFile.write(folder.model(), Files.readAllBytes(best ? folder.bestModel() : folder.lastModel()));
        writeTables();
        writeBroken();
        int kept = best ? log.best() : log.rows().size() - 1;
        RunReport.of(settings, learn.groups(), log, kept, learn.validate(ModelFile.read(folder.model())), warnings)
                .write(folder.report());
        folder.removeCheckpoint();
        Ending ending = log.rows().size() < plan.epochs() ? Ending.EARLY : Ending.COMPLETE;
        return new Outcome(ending, log, log.rows().get(kept), broken);
    }

    private void writeTables() throws IOException {
        log.write(folder.log());
        log.writeGroups(folder.groups());
    }

    /** Merges with the earlier table: a resumed run does not open the images from before its checkpoint again. */
    private void writeBroken() throws IOException {
        BrokenImages all = broken.and(BrokenImages.of(learn.broken()));
        if (!all.equals(broken)) {
            all.write(folder.broken());
            broken = all;
        }
    }

    private void checkpoint(FitState state) throws IOException {
        writeBroken();
        Checkpoint checkpoint = new Checkpoint(state, log);
        if (checkpoint.isSound()) {
            checkpoint.write(folder.state());
        }
        lastCheckpoint = System.nanoTime();
    }

    /** Records each epoch, writes checkpoints, and forwards all events. */
    private final class Recorder implements TrainingListener {

        private String phase = "";
        private Map<String, Double> metrics = Map.of();
        private List<GroupActivity> activity = List.of();

        @Override
        public void onPhase(TrainingPhase begun, int number, int count) {
            phase = begun.name();
            listener.onPhase(begun, number, count);
        }

        @Override
        public void onWarning(String message) {
            warnings.add(message);
            listener.onWarning(message);
        }

        @Override
        public void onNote(String message) {
            listener.onNote(message);
        }

        @Override
        public void onBatch(BatchResult batch) {
            listener.onBatch(batch);
            if (System.nanoTime() - lastCheckpoint >= checkpointNanos) {
                save(() -> checkpoint(learn.state()));
            }
        }

        @Override
        public void onValidation(int images, int all) {
            listener.onValidation(images, all);
        }

        @Override
        public void onEvaluation(Evaluation evaluation) {
            List<Metric> all = settings.objective() instanceof Objective.BinaryCrossEntropy binary
                    ? Metric.multi(binary.threshold()) : Metric.single(evaluation.predictions().classes());
            metrics = new LinkedHashMap<>();
            all.forEach(metric -> metrics.put(metric.name(), evaluation.metric(metric)));
            listener.onEvaluation(evaluation);
        }

        @Override
        public void onActivity(EpochActivity epoch) {
            activity = epoch.groups();
            listener.onActivity(epoch);
        }

        @Override
        public void onEpoch(EpochResult epoch) {
            log = log.with(new EpochRow(phase, log.rows().size() + 1, epoch.trainLoss(), epoch.validLoss(), metrics,
                    epoch.learningRates(), epoch.seconds(), activity));
            activity = List.of();
            save(() -> {
                Path last = folder.lastModel();
                learn.save(last);
                if (log.best() == log.rows().size() - 1) {
                    learn.save(folder.bestModel());
                }
                checkpoint(learn.state());
                writeTables();
            });
            listener.onEpoch(epoch);
            if (log.isStale(settings.patience())) {
                learn.stop();
            }
        }

        private void save(Writing writing) {
            try {
                writing.write();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    @FunctionalInterface
    private interface Writing {
        void write() throws IOException;
    }
}
