package thaw.finetune.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import thaw.finetune.data.Csv;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.train.EpochResult;

/**
 * The log of a run, one row per epoch. Its tables are always written whole, from the rows of the last checkpoint: after
 * an interruption no row appears twice, and none is left from an epoch that is repeated. Immutable.
 *
 * @param groups the names of the layer groups
 * @param rows   in the order of the epochs
 */
public record RunLog(List<String> groups, List<EpochResult> rows) {

    /** Copies the lists. */
    public RunLog {
        groups = List.copyOf(groups);
        rows = List.copyOf(rows);
    }

    RunLog with(EpochResult row) {
        List<EpochResult> more = new ArrayList<>(rows);
        more.add(row);
        return new RunLog(groups, more);
    }

    /** The index of the row with the lowest validation loss, the first of equal ones; -1 if there are no rows. */
    public int best() {
        int best = -1;
        for (int i = 0; i < rows.size(); i++) {
            if (best < 0 || rows.get(i).valid().loss() < rows.get(best).valid().loss()) {
                best = i;
            }
        }
        return best;
    }

    /** Whether the last {@code patience} epochs brought no lower validation loss; always false for 0. */
    boolean isStale(int patience) {
        return patience > 0 && rows.size() - 1 - best() >= patience;
    }

    /** Writes {@code log.csv}, one record per epoch. */
    void write(Path file) throws IOException {
        List<String> header = new ArrayList<>(List.of("phase", "epoch", "train_loss", "valid_loss"));
        if (!rows.isEmpty()) {
            header.addAll(rows.get(0).valid().metrics().keySet());
        }
        groups.forEach(group -> header.add("lr_" + group));
        header.add("seconds");
        List<List<String>> table = new ArrayList<>(List.of(header));
        for (int i = 0; i < rows.size(); i++) {
            EpochResult row = rows.get(i);
            List<String> fields = new ArrayList<>(List.of(row.at().phase(), String.valueOf(i + 1), text(row.trainLoss()),
                    text(row.valid().loss())));
            row.valid().metrics().values().forEach(value -> fields.add(text(value)));
            row.learningRates().forEach(rate -> fields.add(text(rate)));
            fields.add(String.format(Locale.ROOT, "%.3f", row.seconds()));
            table.add(fields);
        }
        Csv.write(file, table);
    }

    /** Writes {@code groups.csv}, one record per epoch and layer group. A field without a finite number is empty. */
    void writeGroups(Path file) throws IOException {
        List<List<String>> table = new ArrayList<>(List.of(List.of("phase", "epoch", "group", "lr", "grad_norm", "update_ratio",
                "distance", "relative_distance", "cka", "drift")));
        for (int i = 0; i < rows.size(); i++) {
            EpochResult row = rows.get(i);
            for (GroupActivity group : row.activity()) {
                table.add(List.of(row.at().phase(), String.valueOf(i + 1), group.group(),
                        text(group.learningRate()), text(group.gradNorm()), text(group.updateRatio()), text(group.distance()),
                        text(group.relativeDistance()), text(group.similarity()), text(group.drift())));
            }
        }
        Csv.write(file, table);
    }

    private static String text(double value) {
        return Double.isFinite(value) ? String.valueOf(value) : "";
    }
}
