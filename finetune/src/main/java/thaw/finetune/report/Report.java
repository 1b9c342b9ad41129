package thaw.finetune.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.engine.io.AtomicFile;
import thaw.finetune.Evaluation;
import thaw.finetune.FitSettings;
import thaw.finetune.TrainingPhase;
import thaw.finetune.insight.GroupActivity;
import thaw.finetune.insight.InsightOptions;
import thaw.resnet.LayerGroup;

/**
 * What a run's page tells: one HTML file with everything in it, without scripts, for a browser on a screen or a telephone.
 *
 * @param title      such as the name of the data
 * @param settings   further settings in words, by name, in order: those that {@code fit} and {@code phases} do not tell
 * @param fit        how it was trained
 * @param groups     the layer groups in order
 * @param phases     of the plan
 * @param epochs     those that are done, of all phases
 * @param kept       index of the epoch whose weights were kept; -1 if none was
 * @param insight    what was looked at in training
 * @param evaluation of the kept weights on the validation images
 * @param warnings   that came up in training
 */
public record Report(String title, Map<String, String> settings, FitSettings fit, List<Group> groups, List<Phase> phases,
        List<Epoch> epochs, int kept, InsightOptions insight, Optional<Evaluation> evaluation, List<String> warnings) {

    public Report {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        groups = List.copyOf(groups);
        phases = List.copyOf(phases);
        epochs = List.copyOf(epochs);
        warnings = List.copyOf(warnings);
        if (kept >= epochs.size()) {
            throw new IllegalArgumentException("report: epoch " + (kept + 1) + " was kept, but only " + epochs.size()
                    + " are done");
        }
    }

    /**
     * A layer group.
     *
     * @param layers names of its modules
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
     * @param stepsPerEpoch that the optimizer takes in it
     */
    public record Phase(TrainingPhase phase, int stepsPerEpoch) {

        /** Index of the first group, of so many, that is trained in its epoch of this index. */
        int firstTrained(int groups, int epoch) {
            int n = phase.freezeTo();
            int first = n < 0 ? Math.max(0, groups + n) : Math.min(n, groups);
            return phase.gradual() ? Math.max(0, first - epoch) : first;
        }
    }

    /**
     * An epoch.
     *
     * @param phase    its phase's name
     * @param metrics  of the validation images, by name; all epochs have the same
     * @param seconds  that training and validation took
     * @param activity of each group; empty where it was not looked at
     */
    public record Epoch(String phase, double trainLoss, double validLoss, Map<String, Double> metrics, double seconds,
            List<GroupActivity> activity) {
        public Epoch {
            metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
            activity = List.copyOf(activity);
        }
    }

    /** The page as text. */
    public String html() {
        return new ReportPage(this).html();
    }

    /**
     * Writes the page; what was there before is replaced when the new one is complete.
     *
     * @throws IOException if writing fails
     */
    public void write(Path file) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(html());
        AtomicFile.write(file, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }
}
