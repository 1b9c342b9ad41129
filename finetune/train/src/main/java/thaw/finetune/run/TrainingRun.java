package thaw.finetune.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.report.Report;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.Calibration;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FitResult;
import thaw.finetune.train.FitState;
import thaw.finetune.train.Learner;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/**
 * Trains by a plan and stores its progress in a {@link RunFolder}. If the process is killed at any moment, a new run on
 * the same folder resumes from the last checkpoint and ends with the same model, byte for byte.
 *
 * <p>Checkpoints are written after each epoch, at a given interval within an epoch, and when training is stopped. The
 * models after the last and the best epoch, which a checkpoint refers to, are complete before the checkpoint is written.
 * The tables and the final model can be rebuilt from the checkpoint, which is therefore deleted last.
 */
public final class TrainingRun {

    private static final int MOST_GROUPS = 8;

    private final RunFolder folder;
    private final RunSettings settings;
    private final List<TrainingPhase> plan;
    private final Learner learn;
    private final long checkpointNanos;
    private final List<String> warnings = new ArrayList<>();
    private RunLog log;
    private BrokenImages broken = BrokenImages.of(List.of());
    private long lastCheckpoint;
    /** Whether the checkpoint, if there is one, is sound. */
    private boolean begun;
    /** Whether this process trained the network to its end. */
    private boolean trained;

    /** The end of a run. */
    public enum Ending {
        /** The plan is complete. */
        COMPLETE,
        /** Early stopping: the validation loss has not fallen for {@link RunSettings.Selection#patience()} epochs. */
        EARLY,
        /** {@link Learner#stop} was called; the run can be resumed from its checkpoint. */
        STOPPED
    }

    /**
     * The outcome of a run.
     *
     * @param log    of all epochs, including those before an interruption
     * @param kept   the number of the epoch in the log, from 1, whose model was kept; 0 if the run was stopped
     * @param broken the images that were skipped
     * @param resilience of the kept model's layer groups; empty if it was not measured: without diagnostics, of an epoch
     *     before the last, or of more than {@value #MOST_GROUPS} groups, which would take long
     * @param calibration of the kept model's probabilities; empty if there are too few validation images
     */
    public record Outcome(Ending ending, RunLog log, int kept, BrokenImages broken, List<GroupResilience> resilience,
            Optional<Calibration> calibration) {
    }

    /**
     * @param learn             built by {@link thaw.finetune.train.TrainingSettings#learner} and not trained yet; listeners that are
     *     added to it afterwards are called when an epoch's checkpoint is written
     * @param checkpointSeconds the interval between checkpoints within an epoch; 0 for one after each step
     */
    public TrainingRun(RunFolder folder, RunSettings settings, Learner learn, double checkpointSeconds) {
        this.folder = folder;
        this.settings = settings;
        this.plan = settings.training().plan();
        this.learn = learn;
        this.checkpointNanos = (long) (checkpointSeconds * 1e9);
        learn.addListener(new Recorder());
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
        try (FileChannel lock = folder.lock()) {
            return runAlone();
        }
    }

    /** Whether a new run on the same folder would resume from a checkpoint, after {@link #run} has failed. */
    public boolean isResumable() {
        return begun && folder.hasCheckpoint();
    }

    private Outcome runAlone() throws IOException {
        if (!folder.hasRun()) {
            folder.begin(settings);
        }
        folder.prepare();
        broken = BrokenImages.read(folder.broken());
        FitState from = null;
        if (folder.hasCheckpoint()) {
            from = checkpointState();
            log = new RunLog(log.groups(), from.history());
        }
        begun = true;
        writeTables();
        if (from == null || !isOver(from)) {
            FitResult result = train(from);
            trained = true;
            if (result.stoppedAt().isPresent() && !log.isStale(settings.selection().patience())) {
                checkpoint(result.stoppedAt().get());
                return new Outcome(Ending.STOPPED, log, 0, broken, List.of(), Optional.empty());
            }
        }
        return finish();
    }

    private FitState checkpointState() throws IOException {
        try {
            return FitState.read(folder.state());
        } catch (IOException unreadable) {
            throw new IOException(unreadable.getMessage() + " (the run was begun by Thaw "
                    + folder.settings().environment().version() + ")", unreadable);
        }
    }

    /** Whether training is complete and only {@link #finish} is left. */
    private boolean isOver(FitState state) {
        int last = plan.size() - 1;
        boolean complete = state.position().phase() == last && state.position().epoch() == plan.get(last).epochs();
        return complete || log.isStale(settings.selection().patience()) && state.position().batch() == 0;
    }

    private FitResult train(@Nullable FitState from) throws IOException {
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
        boolean best = settings.selection().keep() == RunSettings.Keep.BEST;
        ModelFile model = ModelFile.read(best ? folder.bestModel() : folder.lastModel());
        Device device = learn.net().device();
        Network kept = model.toNet(device);
        Optional<Calibration> calibration;
        Interpretation valid;
        try {
            Evaluation plain = Evaluation.of(kept, learn.data().valid(), settings.training().objective(), images -> {});
            calibration = Calibration.of(plain.predictions());
            ModelFile known = plain.knownImages().map(model::known).orElse(model);
            calibration.map(one -> one.applyTo(known, device)).orElse(known).write(folder.model());
            valid = Interpretation.of(kept, learn.data().valid(), calibration.map(one -> one.applyTo(plain)).orElse(plain));
        } finally {
            kept.release();
        }
        writeTables();
        writeBroken();
        int epoch = best ? log.best() : log.rows().size() - 1;
        // The learner's network is the kept one unless an earlier process finished the training, or an earlier epoch is kept.
        List<GroupResilience> resilience = trained && epoch == log.rows().size() - 1 && learn.groups().size() <= MOST_GROUPS
                ? learn.resilience() : List.of();
        // The warnings are those of this process; those from before an interruption are not stored.
        RunReport.of(settings, learn.groups(), new Report.Results(log.rows(), epoch, Optional.of(valid), calibration,
                resilience, warnings))
                .write(folder.report());
        folder.removeCheckpoint();
        Ending ending = log.rows().size() < plan.stream().mapToInt(TrainingPhase::epochs).sum() ? Ending.EARLY : Ending.COMPLETE;
        return new Outcome(ending, log, epoch + 1, broken, resilience, calibration);
    }

    private void writeTables() throws IOException {
        log.write(folder.log());
        log.writeGroups(folder.groups());
    }

    /** Merges with the earlier table: a resumed run does not open the images from before its checkpoint again. */
    private void writeBroken() throws IOException {
        BrokenImages all = broken.and(BrokenImages.of(learn.data().broken()));
        if (!all.equals(broken)) {
            all.write(folder.broken());
            broken = all;
        }
    }

    private void checkpoint(FitState state) throws IOException {
        writeBroken();
        if (state.isFinite()) {
            state.write(folder.state());
        }
        lastCheckpoint = System.nanoTime();
    }

    /** Records each epoch and writes checkpoints. */
    private final class Recorder implements TrainingListener {

        @Override
        public void onWarning(String message) {
            warnings.add(message);
        }

        @Override
        public void onBatch(BatchResult batch) {
            if (System.nanoTime() - lastCheckpoint >= checkpointNanos) {
                save(() -> checkpoint(learn.state()));
            }
        }

        @Override
        public void onEpoch(EpochResult epoch) {
            log = log.with(epoch);
            save(() -> {
                learn.model().write(folder.lastModel());
                if (log.best() == log.rows().size() - 1) {
                    learn.model().write(folder.bestModel());
                }
                checkpoint(learn.state());
                writeTables();
            });
            if (log.isStale(settings.selection().patience())) {
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
