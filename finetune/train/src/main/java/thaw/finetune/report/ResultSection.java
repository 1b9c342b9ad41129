package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.metrics.ConfusionMatrix;
import thaw.finetune.metrics.MultiLabelCounts;
import thaw.finetune.metrics.Novelty;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.train.Calibration;

/** A network's results on images: by class, the highest losses, by confidence, and a scatter plot of its features. */
final class ResultSection {
    /** The probability above which a class counts as predicted, if images may show several. */
    static final double THRESHOLD = 0.5;

    private final Interpretation found;
    private final Optional<Calibration> calibration;
    private final Optional<Novelty> novelty;
    private final Predictions predictions;
    private final List<String> classes;

    ResultSection(Interpretation found, Optional<Calibration> calibration, Optional<Novelty> novelty) {
        this.found = found;
        this.calibration = calibration;
        this.novelty = novelty;
        predictions = found.evaluation().predictions();
        classes = predictions.labels().classes();
    }

    String html() {
        boolean multi = predictions.labels().multiLabel();
        return (multi ? "" : new ConfusionSection(ConfusionMatrix.of(predictions)).html()) + classTable() + new LossSection(found).html()
                + "<div class=\"charts\">\n" + (multi ? "" : new TrustSection(predictions, calibration, novelty).html())
                + new ScatterPlot(found).html() + "</div>\n";
    }

    private String classTable() {
        boolean multi = predictions.labels().multiLabel();
        ConfusionMatrix matrix = multi ? null : ConfusionMatrix.of(predictions);
        MultiLabelCounts counts = multi ? MultiLabelCounts.of(predictions, THRESHOLD) : null;
        List<List<String>> rows = new ArrayList<>();
        for (int c = 0; c < classes.size(); c++) {
            int label = c;
            long images = IntStream.range(0, predictions.size()).filter(i -> predictions.shows(i, label)).count();
            rows.add(List.of(Html.text(classes.get(c)), Numbers.grouped(images),
                    Numbers.percent(multi ? counts.precision(c) : matrix.precision(c)),
                    Numbers.percent(multi ? counts.recall(c) : matrix.recall(c)),
                    Numbers.percent(multi ? counts.f1(c) : matrix.f1(c))));
        }
        return "<h3>By class</h3>\n" + Html.table(List.of("class", "images", "precision", "recall", "F1"), rows)
                + "<p class=\"quiet\">Precision: the share of correct ones among the images predicted as the class. Recall: the"
                + " share of the class’s images that were found. F1 is high only if both are high.</p>\n";
    }
}
