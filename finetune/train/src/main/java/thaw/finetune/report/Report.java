package thaw.finetune.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.engine.io.AtomicFile;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.FitSettings;
import thaw.resnet.LayerGroup;

/**
 * The contents of a run's report: one self-contained HTML file without scripts, for desktop and mobile browsers.
 *
 * @param title      such as the name of the data
 * @param settings   further settings by name, in order: those that are not in {@code fit} and {@code phases}
 * @param fit        the settings of the optimizer
 * @param groups     the layer groups in order
 * @param phases     the phases of the plan, in order
 * @param epochs     the completed epochs of all phases, in order
 * @param kept       index of the epoch whose weights were kept; -1 if there is none
 * @param diagnostics    the settings of the measurements in training
 * @param evaluation the evaluation of the kept weights on the validation images, or empty
 * @param warnings   the warnings of the training
 */
public record Report(String title, Map<String, String> settings, FitSettings fit, List<Group> groups, List<Phase> phases,
        List<Epoch> epochs, int kept, DiagnosticsOptions diagnostics, Optional<Evaluation> evaluation, List<String> warnings) {

    /** @throws IllegalArgumentException if {@code kept} is not below the number of epochs */
    public Report {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        groups = List.copyOf(groups);
        phases = List.copyOf(phases);
        epochs = List.copyOf(epochs);
        warnings = List.copyOf(warnings);
        if (kept >= epochs.size()) {
            throw new IllegalArgumentException("report: epoch " + (kept + 1) + " was kept, but only " + epochs.size()
                    + " are completed");
        }
    }

    /**
     * A layer group.
     *
     * @param layers     names of its modules
     * @param parameters number of its parameters
     */
    public record Group(String name, List<String> layers, long parameters) {
        public Group {
            layers = List.copyOf(layers);
        }

        public static Group of(LayerGroup group) {
            return new Group(group.name(), List.copyOf(group.modules().keySet()), group.parameterCount());
        }
    }

    /**
     * A phase of the plan.
     *
     * @param stepsPerEpoch number of optimizer steps per epoch
     */
    public record Phase(TrainingPhase phase, int stepsPerEpoch) {

        /** Index of the first of {@code groups} layer groups that is trained in the phase's epoch with index {@code epoch}. */
        int firstTrained(int groups, int epoch) {
            int n = phase.freezeTo();
            int first = n < 0 ? Math.max(0, groups + n) : Math.min(n, groups);
            return phase.gradual() ? Math.max(0, first - epoch) : first;
        }
    }

    /**
     * An epoch.
     *
     * @param phase    name of its phase
     * @param metrics  metrics of the validation images by name; all epochs have the same ones
     * @param seconds  duration of training and validation
     * @param activity measurements of each layer group; empty if there are none
     */
    public record Epoch(String phase, double trainLoss, double validLoss, Map<String, Double> metrics, double seconds,
            List<GroupActivity> activity) {
        public Epoch {
            metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
            activity = List.copyOf(activity);
        }
    }

    /** The page as HTML. */
    public String html() {
        return new ReportPage(this).html();
    }

    /**
     * Writes the page as UTF-8; an existing file is replaced atomically.
     *
     * @throws IOException if writing fails
     */
    public void write(Path file) throws IOException {
        AtomicFile.write(file, html().getBytes(StandardCharsets.UTF_8));
    }
}
