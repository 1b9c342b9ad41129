package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import thaw.finetune.BatchResult;
import thaw.finetune.EpochResult;
import thaw.finetune.TrainingListener;

/** A table row and an entry of the JSON result for each epoch; between them a progress bar on a terminal. */
final class TrainingLog implements AutoCloseable {

    private final OutputOptions output;
    private final ArrayNode epochs;
    private final Progress progress = new Progress();
    private double accuracy;

    /** @param groups the layer groups' names */
    TrainingLog(OutputOptions output, List<String> groups) {
        this.output = output;
        this.epochs = OutputOptions.object().arrayNode();
        StringBuilder header = new StringBuilder("phase epoch  train loss  valid loss  accuracy  seconds  ");
        String above = " ".repeat(header.length()) + "rates at the end";
        groups.forEach(group -> header.append(rateColumn(group)));
        output.text(above);
        output.text(header.toString().stripTrailing());
    }

    /** A listener for one fit; {@code name} tells it from the others. */
    TrainingListener phase(String name) {
        return new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                progress.step(name + " " + batch.epoch() + "/" + batch.epochs(), batch.batch(), batch.batches());
            }

            @Override
            public void onWarning(String message) {
                progress.close();
                output.text("warning: " + message);
            }

            @Override
            public void onValidation(int images, int all) {
                progress.step("validation", images, all);
            }

            @Override
            public void onEpoch(EpochResult epoch) {
                progress.close();
                row(name, epoch);
            }
        };
    }

    private void row(String phase, EpochResult epoch) {
        accuracy = epoch.accuracy();
        StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-5s %5s  %10.4f  %10.4f  %6.1f %%  %7.1f  ", phase,
                epoch.epoch() + "/" + epoch.epochs(), epoch.trainLoss(), epoch.validLoss(), 100 * epoch.accuracy(),
                epoch.seconds()));
        ObjectNode json = epochs.addObject().put("phase", phase).put("epoch", epoch.epoch())
                .put("train_loss", epoch.trainLoss()).put("valid_loss", epoch.validLoss()).put("accuracy", epoch.accuracy())
                .put("seconds", epoch.seconds());
        ArrayNode rates = json.putArray("lr");
        for (double rate : epoch.learningRates()) {
            row.append(rateColumn(rate == 0 ? "frozen" : Rates.text(rate)));
            rates.add(rate);
        }
        output.text(row.toString().stripTrailing());
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
