package thaw.finetune.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.finetune.report.Report;
import thaw.resnet.LayerGroup;

/** Builds the {@link Report} of a run. */
final class RunReport {

    private RunReport() {
    }

    static Report of(RunSettings settings, List<LayerGroup> groups, Report.Results results) {
        RunSettings.Data data = settings.data();
        int perStep = data.loading().batch() * settings.training().fit().accumulate();
        int steps = Math.max(1, (data.found().trainImages() + perStep - 1) / perStep);
        return new Report(String.valueOf(Path.of(data.source().path()).getFileName()), words(settings), settings.training(), groups, steps,
                results);
    }

    private static Map<String, String> words(RunSettings settings) {
        RunSettings.Data data = settings.data();
        RunSettings.Network network = settings.network();
        Map<String, String> words = new LinkedHashMap<>();
        words.put("Images", data.found().trainImages() + " for training, " + data.found().validImages()
                + " for validation, from " + data.source().path());
        words.put("Classes", String.join(", ", data.found().classes()));
        words.put("Network", network.architecture() + (network.weights() == null ? ", from random weights"
                : ", from the weights in " + network.weights()));
        words.put("Batch", data.loading().batch() + " images");
        words.put("Augmentation", settings.variation().augmentation() == null ? "the transforms' own"
                : settings.variation().augmentation().toString());
        words.put("Kept", settings.selection().keep() == RunSettings.Keep.BEST ? "the epoch with the lowest validation loss"
                : "the last epoch");
        words.put("Seed", String.valueOf(settings.variation().seed()));
        words.put("Made with", "Thaw " + settings.environment().version() + ", Java " + settings.environment().java() + ", "
                + settings.environment().device());
        return words;
    }
}
