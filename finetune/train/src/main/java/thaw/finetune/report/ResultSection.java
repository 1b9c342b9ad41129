package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.metrics.CalibrationError;
import thaw.finetune.metrics.ConfusionMatrix;
import thaw.finetune.metrics.MultiLabelCounts;
import thaw.finetune.metrics.Predictions;

/** A network's results on images: by class, the highest losses, by confidence, and a scatter plot of its features. */
final class ResultSection {
    /** The probability above which a class counts as predicted, if images may show several. */
    static final double THRESHOLD = 0.5;
    private static final int BINS = 10;

    private final Interpretation found;
    private final Predictions predictions;
    private final List<String> classes;

    ResultSection(Interpretation found) {
        this.found = found;
        predictions = found.evaluation().predictions();
        classes = predictions.labels().classes();
    }

    String html() {
        boolean multi = predictions.labels().multiLabel();
        return (multi ? "" : new ConfusionSection(ConfusionMatrix.of(predictions)).html()) + classTable() + new LossSection(found).html()
                + "<div class=\"charts\">\n" + (multi ? "" : calibration()) + new ScatterPlot(found).html() + "</div>\n";
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

    private String calibration() {
        List<CalibrationError.Bin> bins = CalibrationError.bins(predictions, BINS).stream().filter(bin -> bin.images() > 0).toList();
        LineChart chart = new LineChart(new LineChart.Axis("confidence", LineChart.Scale.LINEAR, List.of(0.0, 1.0)),
                new LineChart.Axis("accuracy", LineChart.Scale.LINEAR, List.of(0.0, 1.0)),
                List.of(new LineChart.Series("this network", bins.stream().mapToDouble(CalibrationError.Bin::confidence).toArray(),
                        bins.stream().mapToDouble(CalibrationError.Bin::accuracy).toArray())),
                List.of(new LineChart.Series("perfect calibration", new double[] {0, 1}, new double[] {0, 1})), List.of());
        return Html.figure("Reliability diagram: accuracy by confidence", chart.html(), "Images grouped by"
                + " the network’s confidence in its prediction, and the share of correct predictions in each group. On the"
                + " dotted line, predictions with 80 % confidence are correct in 80 % of cases; below it the network is"
                + " overconfident, above it underconfident. The mean distance from the line, the expected calibration error,"
                + " is " + Numbers.percent(CalibrationError.of(predictions)) + ". Points of few"
                + " images are unreliable.");
    }
}
