package thaw.finetune.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.io.AtomicFile;
import thaw.finetune.BatchResult;
import thaw.finetune.DivergenceException;
import thaw.finetune.EpochResult;
import thaw.finetune.Evaluation;
import thaw.finetune.FitResult;
import thaw.finetune.FitState;
import thaw.finetune.Learner;
import thaw.finetune.ModelFile;
import thaw.finetune.Objective;
import thaw.finetune.TrainingListener;
import thaw.finetune.TrainingPhase;
import thaw.finetune.TrainingPlan;
import thaw.finetune.insight.EpochActivity;
import thaw.finetune.insight.GroupActivity;
import thaw.finetune.metrics.Metric;
import thaw.resnet.LayerGroup;

/**
 * Trains by a plan and keeps its place in a {@link RunFolder}: killed at any moment, another one on the same folder goes on from
 * the last checkpoint and ends with the same model, byte for byte.
 *
 * <p>Checkpoints are written after each epoch, every so many seconds between, and at a stop. What a checkpoint counts on, the
 * models after the last and the best epoch, is complete before the checkpoint is; what is made from it, the tables and the final
 * model, can be made again from the checkpoint, which goes last.
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

    /** How a run ended. */
    public enum Ending {
        /** All of the plan is done. */
        COMPLETE,
        /** There was no lower validation loss for too long. */
        EARLY,
        /** {@link Learner#stop} was called; the checkpoint is there. */
        STOPPED
    }

    /**
     * What came of a run.
     *
     * @param log    of all its epochs
     * @param kept   the one whose model was kept; null where it was stopped
     * @param broken the images that were passed over
     */
    public record Outcome(Ending ending, RunLog log, EpochRow kept, BrokenImages broken) {
    }

    /**
     * @param learn             made as {@code settings} say, and never trained; the run has its listener
     * @param listener          who hears of everything too
     * @param checkpointSeconds between checkpoints within an epoch; 0 for one after each step
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
     * Begins, or where the folder has a checkpoint goes on from there.
     *
     * @throws IllegalArgumentException if {@link Learner#check} finds something wrong; nothing is begun then
     * @throws DivergenceException if the loss becomes infinite or not a number; the last checkpoint is kept
     * @throws IOException         if another process trains into the folder, or something cannot be written; what was there
     *                             before is then still there
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

    /** Whether nothing is left to do but {@link #finish}. */
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
        byte[] model = Files.readAllBytes(best ? folder.bestModel() : folder.lastModel());
        AtomicFile.write(folder.model(), channel -> {
            ByteBuffer bytes = ByteBuffer.wrap(model);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
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

    /** Where a run goes on from a checkpoint, images before that are not opened again. */
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

    /** Writes what happens down, and passes it on. */
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
