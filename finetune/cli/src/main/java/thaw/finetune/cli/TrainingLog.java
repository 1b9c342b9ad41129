package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.report.Numbers;
import thaw.finetune.run.RunLog;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FrozenBatchNorm;
import thaw.finetune.train.TrainingListener;

/** Reports training: a table row and an entry of the JSON result per epoch, and a progress bar on a terminal. */
final class TrainingLog implements TrainingListener, AutoCloseable {

    /** The greatest number of groups that are listed one by one. */
    private static final int FEW = 6;
    private static final int WIDTH = 80;
    private static final int RATE_COLUMN = 8;
    private static final String HEADER = "phase epoch  train loss  valid loss  accuracy  seconds  ";

    private final OutputOptions output;
    private final List<String> groups;
    private final ArrayNode epochs;
    private final Progress progress = new Progress();
    private double accuracy;
    /** Whether the rates of all groups fit beside the other columns. */
    private final boolean beside;
    /** The mode of batch norm in frozen groups; null to print no line at the start of a phase. */
    private final @Nullable FrozenBatchNorm frozen;
    private String phase = "";
    private boolean explained;

    /**
     * @param groups the layer groups' names
     * @param frozen the mode of batch norm in frozen groups; null to print no line at the start of a phase
     */
    TrainingLog(OutputOptions output, List<String> groups, @Nullable FrozenBatchNorm frozen) {
        this.output = output;
        this.frozen = frozen;
        this.groups = groups;
        this.epochs = OutputOptions.object().arrayNode();
        this.beside = HEADER.length() + RATE_COLUMN * groups.size() <= WIDTH
                && groups.stream().allMatch(group -> group.length() < RATE_COLUMN);
        StringBuilder header = new StringBuilder(HEADER);
        if (beside) {
            output.text(" ".repeat(header.length()) + "rates of the last step");
            groups.forEach(group -> header.append(rateColumn(group)));
        }
        output.text(header.toString().stripTrailing());
    }

    /** Prints the trained groups, the schedule, and the frozen groups with their batch norm's mode. */
    @Override
    public void onPhase(TrainingPhase begun, int number, int count) {
        phase = begun.name();
        if (frozen == null) {
            return;
        }
        progress.close();
        int first = begun.firstTrainable(groups.size(), 0);
        List<Double> rates = begun.rates().forGroups(groups);
        List<String> trained = groups.subList(first, groups.size()).stream().filter(group -> rates.get(groups.indexOf(group)) > 0)
                .toList();
        String by = begun.rates().rule() == LearningRates.Rule.RIDGE ? " in closed form, by "
                : begun.rates().isAuto() ? " at rates chosen by " : begun.rates().isSingle() ? " at the rate " : " at the rates ";
        output.paragraph("training " + names(trained) + by + begun.rates().only(List.of()) + ", scheduled by " + begun.schedule()
                + (begun.gradual() ? ", one more group each epoch" : "")
                + (begun.size() == 0 ? "" : ", images of " + begun.size() + " x " + begun.size()));
        List<String> others = groups.stream().filter(group -> !trained.contains(group)).toList();
        if (!others.isEmpty()) {
            output.paragraph(names(others) + " frozen: batch norm there " + frozen.description() + " ("
                    + frozen.label() + ")");
        }
    }

    @Override
    public void onBatch(BatchResult batch) {
        List<Double> rates = batch.learningRates();
        progress.step(phase + " " + batch.epoch() + "/" + batch.epochs(), batch.batch(), batch.batches(),
                () -> String.format(Locale.ROOT, "loss %.4f rate %s", batch.loss(), Numbers.compact(rates.get(rates.size() - 1))));
    }

    @Override
    public void onWarning(String message) {
        progress.close();
        output.paragraph("warning: " + message);
    }

    @Override
    public void onNote(String message) {
        progress.close();
        output.paragraph(message);
    }

    @Override
    public void onValidation(int images, int all) {
        progress.step("validation", images, all);
    }

    @Override
    public void onEpoch(EpochResult epoch) {
        progress.close();
        accuracy = epoch.valid().accuracy();
        StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-5s %5s  %10.4f  %10.4f  %6.1f %%  %7.1f  ", phase,
                epoch.at().epoch() + "/" + epoch.at().epochs(), epoch.trainLoss(), epoch.valid().loss(), 100 * epoch.valid().accuracy(),
                epoch.seconds()));
        List<String> rates = epoch.learningRates().stream().map(rate -> rate == 0 ? "frozen" : Numbers.compact(rate)).toList();
        if (beside) {
            rates.forEach(rate -> row.append(rateColumn(rate)));
        }
        output.text(row.toString().stripTrailing());
        if (!beside) {
            lines("rates of the last step", rates);
        }
        tell(epoch.activity());
        add(epoch.at().epoch(), epoch);
    }

    /** Prints a value per group in lines that fit the width; of more than {@value #FEW} groups, the first and the last. */
    private void lines(String what, List<String> values) {
        StringBuilder line = new StringBuilder("  " + what + ":");
        for (int i = 0; i < groups.size(); i += groups.size() > FEW ? groups.size() - 1 : 1) {
            String next = " " + groups.get(i) + " " + values.get(i) + (i == groups.size() - 1 ? "" : groups.size() > FEW ? " to" : ",");
            if (line.length() + next.length() > WIDTH) {
                output.text(line.toString());
                line = new StringBuilder("   ");
            }
            line.append(next);
        }
        output.text(line.toString());
    }

    /** Prints a line per group; of more than {@value #FEW} groups, for the three with the greatest update ratio. */
    private void tell(List<GroupActivity> activity) {
        Comparator<GroupActivity> byUpdates = Comparator.comparingDouble(group -> -Math.max(0, group.updateRatio()));
        List<GroupActivity> shown = activity.size() <= FEW ? activity : activity.stream().sorted(byUpdates).limit(3).toList();
        if (!explained && !shown.isEmpty()) {
            explained = true;
            output.text("""
                      gradient: its norm; step: change of the weights per step, relative to them, mean
                      over the epoch; moved: change since the start; drift: 1 - CKA, how far the
                      outputs for the same images differ from those of the first weights""");
        }
        for (GroupActivity group : shown) {
            output.text(String.format(Locale.ROOT, "%12s: gradient %s, step %s, moved %s, drift %s", group.group(),
                    number(group.gradNorm()), number(group.updateRatio()), number(group.relativeDistance()),
                    number(group.drift())));
        }
    }

    /** Prints and keeps what each group's training brought. */
    void resilience(List<GroupResilience> all) {
        if (all.isEmpty()) {
            return;
        }
        output.text(String.format(Locale.ROOT,
                "%naccuracy with the weights of one group alone%nput back to the start, or with noise of %.0f %% of"
                        + " their size:",
                100 * GroupResilience.NOISE));
        output.text(String.format(Locale.ROOT, "%12s  %10s  %10s", "group", "put back", "with noise"));
        for (GroupResilience group : all) {
            output.text(String.format(Locale.ROOT, "%12s  %8s %%  %8.1f %%", group.group(),
                    Double.isNaN(group.rewound()) ? "-" : String.format(Locale.ROOT, "%.1f", 100 * group.rewound()),
                    100 * group.noisy()));
        }
    }

    private static String number(double value) {
        boolean small = value != 0 && Math.abs(value) < 1e-3;
        return !Double.isFinite(value) ? "-" : String.format(Locale.ROOT, small ? "%.1e" : "%.4f", value);
    }

    /** All names if there are at most {@value #FEW}, otherwise the first and the last. */
    private static String names(List<String> some) {
        return some.size() <= FEW ? String.join(", ", some) : some.get(0) + " to " + some.get(some.size() - 1);
    }

    /** Sets the JSON result's epochs to those of a run's log, including epochs before it was resumed. */
    void rows(RunLog log) {
        epochs.removeAll();
        for (int i = 0; i < log.rows().size(); i++) {
            add(i + 1, log.rows().get(i));
        }
    }

    private void add(int number, EpochResult epoch) {
        ObjectNode json = epochs.addObject().put("phase", epoch.at().phase()).put("epoch", number).put("train_loss", epoch.trainLoss())
                .put("valid_loss", epoch.valid().loss()).put("accuracy", epoch.valid().accuracy()).put("seconds", epoch.seconds());
        epoch.learningRates().forEach(json.putArray("lr")::add);
    }

    private static String rateColumn(String text) {
        return String.format(Locale.ROOT, "%-" + RATE_COLUMN + "s", text);
    }

    /** The accuracy of the last epoch. */
    double accuracy() {
        return accuracy;
    }

    ArrayNode epochs() {
        return epochs;
    }

    @Override
    public void close() {
        progress.close();
    }
}
