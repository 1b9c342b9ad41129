package thaw.finetune.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.Csv;
import thaw.finetune.insight.GroupActivity;

/**
 * What a run did, epoch by epoch. Its tables are always written as a whole, from the rows that the last checkpoint has: after an
 * interruption no row stands there twice, and none of an epoch that is to be done again.
 *
 * @param groups names of the layer groups
 */
public record RunLog(List<String> groups, List<EpochRow> rows) {

    public RunLog {
        groups = List.copyOf(groups);
        rows = List.copyOf(rows);
    }

    RunLog with(EpochRow row) {
        List<EpochRow> more = new ArrayList<>(rows);
        more.add(row);
        return new RunLog(groups, more);
    }

    /** Index of the row with the lowest validation loss, the first of equals; -1 if there are no rows. */
    public int best() {
        int best = -1;
        for (int i = 0; i < rows.size(); i++) {
            if (best < 0 || rows.get(i).validLoss() < rows.get(best).validLoss()) {
                best = i;
            }
        }
        return best;
    }

    /** Whether so many epochs have gone by without a lower validation loss; 0 for never. */
    boolean isStale(int patience) {
        return patience > 0 && rows.size() - 1 - best() >= patience;
    }

    /** One record an epoch. */
    void write(Path file) throws IOException {
        List<String> header = new ArrayList<>(List.of("phase", "epoch", "train_loss", "valid_loss"));
        if (!rows.isEmpty()) {
            header.addAll(rows.get(0).metrics().keySet());
        }
        groups.forEach(group -> header.add("lr_" + group));
        header.add("seconds");
        StringBuilder table = new StringBuilder(Csv.line(header));
        for (EpochRow row : rows) {
            List<String> fields = new ArrayList<>(List.of(row.phase(), String.valueOf(row.epoch()), text(row.trainLoss()),
                    text(row.validLoss())));
            row.metrics().values().forEach(value -> fields.add(text(value)));
            row.learningRates().forEach(rate -> fields.add(text(rate)));
            fields.add(String.format(Locale.ROOT, "%.3f", row.seconds()));
            table.append(Csv.line(fields));
        }
        write(file, table);
    }

    /** One record for an epoch and group; fields that there is no number for are empty. */
    void writeGroups(Path file) throws IOException {
        StringBuilder table = new StringBuilder(Csv.line(List.of("phase", "epoch", "group", "lr", "grad_norm", "update_ratio",
                "distance", "relative_distance", "cka", "drift")));
        for (EpochRow row : rows) {
            for (GroupActivity group : row.groups()) {
                table.append(Csv.line(List.of(row.phase(), String.valueOf(row.epoch()), group.group(),
                        text(group.learningRate()), text(group.gradNorm()), text(group.updateRatio()), text(group.distance()),
                        text(group.relativeDistance()), text(group.similarity()), text(group.drift()))));
            }
        }
        write(file, table);
    }

    private static String text(double value) {
        return Double.isFinite(value) ? String.valueOf(value) : "";
    }

    private static void write(Path file, CharSequence text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
        AtomicFile.write(file, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }
}
