package thaw.finetune.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.report.Report;
import thaw.resnet.LayerGroup;

/** Builds the {@link Report} of a run. */
final class RunReport {

    private RunReport() {
    }

    /**
     * @param kept       the index of the epoch whose model was kept
     * @param evaluation of that model on the validation images
     * @param resilience of that model's groups; empty if it was not measured
     * @param warnings   of this process; those from before an interruption are not stored
     */
    static Report of(RunSettings settings, List<LayerGroup> groups, RunLog log, int kept, Evaluation evaluation,
            List<GroupResilience> resilience, List<String> warnings) {
        Path data = Path.of(settings.data().path());
        return new Report(String.valueOf(data.getFileName()), words(settings), settings.fit(),
                groups.stream().map(Report.Group::of).toList(), settings.plan(), steps(settings), log.rows(), kept, settings.diagnostics(),
                Optional.of(evaluation), resilience, warnings);
    }

    private static int steps(RunSettings settings) {
        int perStep = settings.data().batch() * settings.fit().accumulate();
        return Math.max(1, (settings.data().trainImages() + perStep - 1) / perStep);
    }

    private static Map<String, String> words(RunSettings settings) {
        RunSettings.Data data = settings.data();
        RunSettings.Network network = settings.network();
        Map<String, String> words = new LinkedHashMap<>();
        words.put("Images", data.trainImages() + " for training, " + data.validImages() + " for validation, from " + data.path());
        words.put("Classes", String.join(", ", data.classes()));
        words.put("Network", network.architecture() + (network.weights() == null ? ", from random weights"
                : ", from the weights in " + network.weights()));
        words.put("Batch", data.batch() + " images");
        words.put("Augmentation", settings.augmentation() == null ? "the transforms' own" : settings.augmentation().toString());
        words.put("Kept", settings.keep() == RunSettings.Keep.BEST ? "the epoch with the lowest validation loss"
                : "the last epoch");
        words.put("Seed", String.valueOf(settings.seed()));
        words.put("Made with", "Thaw " + settings.environment().version() + ", Java " + settings.environment().java() + ", "
                + settings.environment().device());
        return words;
    }
}
