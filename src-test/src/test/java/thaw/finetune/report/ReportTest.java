package thaw.finetune.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.nn.Flatten;
import thaw.engine.nn.ReLU;
import thaw.finetune.data.Sample;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.evaluate.ClassCount;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.images.RgbImage;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FitSettings;
import thaw.finetune.train.Precompute;
import thaw.finetune.train.TrainingSettings;
import thaw.resnet.LayerGroup;
import thaw.resnet.visualize.Heatmap;

class ReportTest {
    private static final List<String> EMPTY_ELEMENTS = List.of("meta", "br", "img", "input");
    private static final Pattern TAG = Pattern.compile("<(/?)([a-z0-9]+)([^>]*)>");

    @TempDir
    private Path folder;

    private Report report(List<TrainingPhase> plan, Optional<Evaluation> evaluation, int epochs) {
        List<LayerGroup> groups = List.of(new LayerGroup("early", Map.of("conv1", new ReLU())),
                new LayerGroup("middle", Map.of("layer2", new ReLU())), new LayerGroup("head", Map.of("fc", new Flatten())));
        List<EpochResult> done = new ArrayList<>();
        for (int i = 0; i < epochs; i++) {
            done.add(epoch(i == 0 ? "head" : "all", 0.7, 0.6, 0.5,
                    List.of(activity("early", Double.NaN), activity("middle", 1e-4), activity("head", 1e-2))));
        }
        TrainingSettings training = new TrainingSettings("3", plan, FitSettings.sgd(), Objective.crossEntropy(),
                Precompute.When.NEVER, DiagnosticsOptions.standard());
        return new Report("Hares <& others>", Map.of("Images", "a \"b\" <c>"), training, groups, 3,
                new Report.Results(done, epochs - 1,
                        evaluation.map(found -> new Interpretation(found, Map.of(0, explanation()))), Optional.empty(),
                        List.of(new GroupResilience("middle", 0.1, 0.2), new GroupResilience("head", 0.25, 0.3)), List.of("torn <up>")));
    }

    private static Map<Integer, float[]> features(int images) {
        return IntStream.range(0, images).boxed().collect(Collectors.toMap(i -> i, i -> new float[] {i, i * i}));
    }

    private static Interpretation.Explanation explanation() {
        return new Interpretation.Explanation(1, RgbImage.of(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB)),
                new Heatmap(1, 1, new float[] {1}));
    }

    private static EpochResult epoch(String phase, double trainLoss, double validLoss, double accuracy, List<GroupActivity> activity) {
        return new EpochResult(new EpochResult.Place(phase, 1, 1), trainLoss,
                new EpochResult.Validation(validLoss, accuracy, Map.of("accuracy", accuracy)), List.of(), 2, activity);
    }

    private static GroupActivity activity(String group, double ratio) {
        return new GroupActivity(group, 1e-3, ratio * 10, ratio, 1, 0.1, 0.9);
    }

    private Evaluation evaluation(boolean multi) throws IOException {
        Path hare = Files.createDirectories(folder.resolve("hare")).resolve("a&b.png");
        ImageIO.write(new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB), "png", hare.toFile());
        List<Sample> samples = List.of(new Sample(hare, 0), new Sample(folder.resolve("missing.png"), 0),
                new Sample(hare, 1));
        LabelSet labels = new LabelSet(List.of("hare", "<fox>"), multi);
        return new Evaluation(List.of(new ClassCount("hare", 0, 2), new ClassCount("<fox>", 1, 1)), 1, new Predictions(labels,
                samples, List.of(new double[] {0.3, 0.7}, new double[] {0.02, 0.98}, new double[] {0.1, 0.9})), features(3));
    }

    /** Every element that is opened is closed where it should be, and nothing comes from elsewhere. */
    private static void requireSound(String html) {
        Deque<String> open = new ArrayDeque<>();
        Matcher tag = TAG.matcher(html);
        while (tag.find()) {
            String name = tag.group(2);
            if (!tag.group(1).isEmpty()) {
                assertEquals(open.pop(), name);
            } else if (!EMPTY_ELEMENTS.contains(name) && !tag.group(3).endsWith("/")) {
                open.push(name);
            }
        }
        assertTrue(open.isEmpty(), open::toString);
        assertFalse(html.contains("<script") || html.contains("http:") || html.contains("https:") || html.contains("<link"));
        assertFalse(Pattern.compile("src=\"(?!data:)").matcher(html).find());
        assertFalse(html.contains("NaN"));
    }

    @Test
    void theWholePage() throws IOException {
        Path file = folder.resolve("report.html");
        report(TrainingPhase.fineTune(2), Optional.of(evaluation(false)), 3).write(file);
        String html = Files.readString(file);
        requireSound(html);
        assertTrue(html.contains("Hares &lt;&amp; others&gt;") && html.contains("torn &lt;up&gt;"));
        assertTrue(html.contains("33.3 %"), "1 of 3 is right");
        assertTrue(html.indexOf("missing.png") < html.indexOf("a&amp;b.png"), "the highest loss comes first");
        assertTrue(html.contains("data:image/jpeg;base64,/9j/"));
        assertEquals(3, html.split("<label class=\"point", -1).length - 1);
        assertTrue(html.contains("alt=\"Grad-CAM of &lt;fox&gt;\""));
        // Loss, metrics, rate, momentum, five of the groups, calibration, risk and novelty; each has its numbers as a table.
        assertEquals(12, html.split("<svg viewBox=\"0 0 480", -1).length - 1);
        assertEquals(12, Pattern.compile("</svg>\n<details><summary>As a table</summary>").matcher(html).results().count());
        // Hares are two of three images.
        assertTrue(html.contains("<th scope=\"row\">hare</th><td>2</td>") && html.contains("accuracy of the most frequent class"));
    }

    /** The scores of one image and the metrics of one epoch are not finite. */
    @Test
    void whatIsNotFiniteIsLeftOut() throws IOException {
        for (boolean multi : new boolean[] {false, true}) {
            Predictions sound = evaluation(multi).predictions();
            Evaluation broken = Evaluation.of(new Predictions(sound.labels(), sound.samples(), List.of(new double[] {0.3, 0.7},
                    new double[] {Double.NaN, Double.NaN}, new double[] {0.1, 0.9})), 0.5);
            Report whole = report(TrainingPhase.fineTune(1), Optional.of(broken), 2);
            List<EpochResult> epochs = new ArrayList<>(whole.epochs());
            epochs.set(1, epoch("all", 1e30, Double.POSITIVE_INFINITY, Double.NaN,
                    List.of(activity("early", Double.POSITIVE_INFINITY), activity("middle", 1e-4), activity("head", 1e-2))));
            String html = new Report(whole.title(), whole.settings(), whole.training(), whole.groups(), 3,
                    new Report.Results(epochs, 1, whole.results().interpretation(), Optional.empty(), List.of(), List.of())).html();
            requireSound(html);
            assertFalse(html.contains("Infinity"));
            assertTrue(multi
                    || html.contains("no prediction, because the scores are not finite; actual class <strong>hare</strong>"));
        }
    }

    @Test
    void imagesOfSeveralLabels() throws IOException {
        String html = report(TrainingPhase.fineTune(2), Optional.of(evaluation(true)), 3).html();
        requireSound(html);
        assertTrue(html.contains("not predicted: <strong>hare</strong> (2.0 %)"));
        assertFalse(html.contains("Confusion matrix"));
    }

    /** Forty classes, of which each but the last is predicted as the next one. */
    @Test
    void theMatrixOfManyClassesIsAnImageWithItsPairsAsATable() {
        List<Sample> samples = new ArrayList<>();
        List<double[]> rows = new ArrayList<>();
        for (int c = 0; c < 40; c++) {
            samples.add(new Sample(folder.resolve(c + ".png"), c));
            rows.add(new double[40]);
            rows.get(c)[Math.min(c + 1, 39)] = 1;
        }
        LabelSet labels = new LabelSet(IntStream.range(0, 40).mapToObj(c -> "c<" + c).toList(), false);
        Evaluation evaluation = Evaluation.of(new Predictions(labels, samples, rows), 0.5);
        String html = new InterpretationPage("Many", new Interpretation(evaluation, Map.of()), Optional.empty(), Map.of()).html();
        requireSound(html);
        assertEquals(40, html.split("<rect ", -1).length - 1);
        assertTrue(html.contains("<title>c&lt;3 → c&lt;4: 1</title>"));
        assertEquals(20, Pattern.compile("</th><td>c&lt;\\d+</td><td>1</td><td>100.0 %</td>").matcher(html).results().count());
    }

    @Test
    void aRunThatHasJustBegun() {
        String html = report(TrainingPhase.fineTune(2), Optional.empty(), 0).html();
        requireSound(html);
        assertTrue(html.contains("No epoch is completed yet"));
    }

    @Test
    void groupsThatThawSayWhen() {
        List<TrainingPhase> plan = List
                .of(TrainingPhase.gradualUnfreezing(2, ScheduleRecipe.of("constant"), LearningRates.slice(1e-4, 1e-2)));
        String html = report(plan, Optional.empty(), 2).html();
        requireSound(html);
        assertTrue(Pattern.compile("early</th>.*frozen.*</tr>\n.*middle</th>.*0.001<br>.*from epoch 2.*</tr>\n.*head</th>.*0.01<")
                .matcher(html).find());
    }

    @Test
    void anEpochThatIsNotDoneCannotBeKept() {
        assertThrows(IllegalArgumentException.class,
                () -> new Report.Results(List.of(), 0, Optional.empty(), Optional.empty(), List.of(), List.of()));
    }
}
