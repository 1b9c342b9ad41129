package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import thaw.finetune.BatchResult;
import thaw.finetune.EpochResult;
import thaw.finetune.FrozenBatchNorm;
import thaw.finetune.TrainingListener;
import thaw.finetune.TrainingPhase;
import thaw.finetune.insight.EpochActivity;
import thaw.finetune.insight.GroupActivity;
import thaw.finetune.run.EpochRow;
import thaw.finetune.run.RunLog;

/** A table row and an entry of the JSON result for each epoch; between them a progress bar on a terminal. */
final class TrainingLog implements AutoCloseable {

    /** So many groups have a line each. */
    private static final int FEW = 6;

    private final OutputOptions output;
    private final List<String> groups;
    private final ArrayNode epochs;
    private final Progress progress = new Progress();
    private double accuracy;

    /** @param groups the layer groups' names */
    TrainingLog(OutputOptions output, List<String> groups) {
        this.output = output;
        this.groups = groups;
        this.epochs = OutputOptions.object().arrayNode();
        StringBuilder header = new StringBuilder("phase epoch  train loss  valid loss  accuracy  seconds  ");
        String above = " ".repeat(header.length()) + "rates at the end";
        groups.forEach(group -> header.append(rateColumn(group)));
        output.text(above);
        output.text(header.toString().stripTrailing());
    }

    /** A listener for one fit; {@code name} tells it from the others. */
    TrainingListener phase(String name) {
        return new Rows(name, null);
    }

    /** A listener for all phases of a plan. */
    TrainingListener phases(FrozenBatchNorm frozen) {
        return new Rows("", frozen);
    }

    private final class Rows implements TrainingListener {

        /** What batch norm does in frozen groups; null where phases have no names of their own and nothing is said of them. */
        private final FrozenBatchNorm frozen;
        private String phase;
        private List<GroupActivity> activity = List.of();

        Rows(String phase, FrozenBatchNorm frozen) {
            this.phase = phase;
            this.frozen = frozen;
        }

        /** Says what is trained, and where something is not, what its batch norm does. */
        @Override
        public void onPhase(TrainingPhase begun, int number, int count) {
            if (frozen == null) {
                return;
            }
            progress.close();
            phase = begun.name();
            int n = begun.freezeTo();
            int first = n < 0 ? Math.max(0, groups.size() + n) : Math.min(n, groups.size());
            output.text("training " + names(groups.subList(first, groups.size())) + " by " + begun.schedule()
                    + (begun.gradual() ? ", one more group each epoch" : "")
                    + (begun.size() == 0 ? "" : ", pictures of " + begun.size() + " x " + begun.size())
                    + (first == 0 ? "" : "; " + names(groups.subList(0, first)) + " frozen: batch norm there "
                    + frozen.description() + " (" + frozen.label() + ")"));
        }

        @Override
        public void onBatch(BatchResult batch) {
            List<Double> rates = batch.learningRates();
            progress.step(phase + " " + batch.epoch() + "/" + batch.epochs(), batch.batch(), batch.batches(),
                    () -> String.format(Locale.ROOT, "loss %.4f rate %s", batch.loss(), Rates.text(rates.get(rates.size() - 1))));
        }

        @Override
        public void onWarning(String message) {
            progress.close();
            output.text("warning: " + message);
        }

        @Override
        public void onNote(String message) {
            progress.close();
            output.text(message);
        }

        @Override
        public void onValidation(int images, int all) {
            progress.step("validation", images, all);
        }

        @Override
        public void onActivity(EpochActivity found) {
            activity = found.groups();
        }

        @Override
        public void onEpoch(EpochResult epoch) {
            progress.close();
            accuracy = epoch.accuracy();
            StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-5s %5s  %10.4f  %10.4f  %6.1f %%  %7.1f  ", phase,
                    epoch.epoch() + "/" + epoch.epochs(), epoch.trainLoss(), epoch.validLoss(), 100 * epoch.accuracy(),
                    epoch.seconds()));
            for (double rate : epoch.learningRates()) {
                row.append(rateColumn(rate == 0 ? "frozen" : Rates.text(rate)));
            }
            output.text(row.toString().stripTrailing());
            tell(activity);
            activity = List.of();
            add(phase, epoch.epoch(), epoch.trainLoss(), epoch.validLoss(), epoch.accuracy(), epoch.seconds(),
                    epoch.learningRates());
        }
    }

    /** A line for each group, or where they are many, for those whose weights moved most in a step. */
    private void tell(List<GroupActivity> activity) {
        Comparator<GroupActivity> byUpdates = Comparator.comparingDouble(group -> -Math.max(0, group.updateRatio()));
        List<GroupActivity> shown = activity.size() <= FEW ? activity : activity.stream().sorted(byUpdates).limit(3).toList();
        for (GroupActivity group : shown) {
            output.text(String.format(Locale.ROOT, "%12s: gradient %s, moved by %s of its size a step and %s in all, drift %s",
                    group.group(), number(group.gradNorm()), number(group.updateRatio()), number(group.relativeDistance()),
                    number(group.drift())));
        }
    }

    private static String number(double value) {
        boolean small = value != 0 && Math.abs(value) < 1e-3;
        return !Double.isFinite(value) ? "-" : String.format(Locale.ROOT, small ? "%.1e" : "%.4f", value);
    }

    /** A few names in full, many by the first and the last. */
    private static String names(List<String> some) {
        return some.size() <= FEW ? String.join(", ", some) : some.get(0) + " to " + some.get(some.size() - 1);
    }

    /** Has the JSON result tell of all epochs of a run, also of those before it was resumed. */
    void rows(RunLog log) {
        epochs.removeAll();
        for (EpochRow row : log.rows()) {
            add(row.phase(), row.epoch(), row.trainLoss(), row.validLoss(), accuracy(row), row.seconds(), row.learningRates());
        }
    }

    /** The share that was right: of pictures, or where each may show several classes, of decisions. */
    static double accuracy(EpochRow row) {
        return row.metrics().getOrDefault("accuracy", row.metrics().getOrDefault("accuracy_multi", Double.NaN));
    }

    private void add(String name, int epoch, double trainLoss, double validLoss, double right, double seconds,
            List<Double> rates) {
        ObjectNode json = epochs.addObject().put("phase", name).put("epoch", epoch).put("train_loss", trainLoss)
                .put("valid_loss", validLoss).put("accuracy", right).put("seconds", seconds);
        ArrayNode array = json.putArray("lr");
        rates.forEach(array::add);
    }

    private static String rateColumn(String text) {
        return String.format(Locale.ROOT, "%-8s", text);
    }

    /** Of the last epoch. */
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
