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
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.Calibration;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.TrainingSettings;
import thaw.resnet.LayerGroup;

/**
 * The contents of a run's report: one self-contained HTML file without scripts, for desktop and mobile browsers.
 *
 * @param title         such as the name of the data
 * @param settings      further settings by name, in order: those that are not in {@code training}
 * @param training      the settings of the learner, and the plan
 * @param groups        the layer groups in order
 * @param stepsPerEpoch the number of optimizer steps per epoch
 */
public record Report(String title, Map<String, String> settings, TrainingSettings training, List<LayerGroup> groups, int stepsPerEpoch,
        Results results) {

    /** Copies the collections. */
    public Report {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        groups = List.copyOf(groups);
    }

    /**
     * The results of the run.
     *
     * @param epochs         the completed epochs of all phases, in order
     * @param kept           index of the epoch whose weights were kept; -1 if there is none
     * @param interpretation of the kept weights on the validation images, or empty
     * @param calibration    of their probabilities; empty if there was none
     * @param resilience     of each layer group of the kept weights; empty if it was not measured
     * @param warnings       the warnings of the training
     */
    public record Results(List<EpochResult> epochs, int kept, Optional<Interpretation> interpretation, Optional<Calibration> calibration,
            List<GroupResilience> resilience, List<String> warnings) {
        /** @throws IllegalArgumentException if {@code kept} is not below the number of epochs */
        public Results {
            epochs = List.copyOf(epochs);
            resilience = List.copyOf(resilience);
            warnings = List.copyOf(warnings);
            if (kept >= epochs.size()) {
                throw new IllegalArgumentException("report: epoch " + (kept + 1) + " was kept, but only " + epochs.size()
                        + " are completed");
            }
        }
    }

    List<EpochResult> epochs() {
        return results.epochs;
    }

    List<TrainingPhase> plan() {
        return training.plan();
    }

    /** The names of the layer groups. */
    List<String> names() {
        return groups.stream().map(LayerGroup::name).toList();
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
