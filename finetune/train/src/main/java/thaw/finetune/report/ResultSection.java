package thaw.finetune.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.metrics.CalibrationError;
import thaw.finetune.metrics.ConfusionMatrix;
import thaw.finetune.metrics.MultiLabelCounts;
import thaw.finetune.metrics.Predictions;

/** The report's results on the validation images: by class, by confidence, and the most confident mistakes. */
final class ResultSection {
    private static final int MISTAKES = 12;
    private static final int BINS = 10;
    /** With more classes the confusion matrix does not fit the page; the most confused pairs are listed instead. */
    private static final int MOST_CLASSES = 30;
    private static final int MOST_CONFUSED = 20;
    private static final int RIGHT_HUE = 140;
    private static final int WRONG_HUE = 12;
    private static final int PERFECT_HUE = 210;
    private static final double THRESHOLD = 0.5;

    private final Predictions predictions;
    private final List<String> classes;

    ResultSection(Evaluation evaluation) {
        predictions = evaluation.predictions();
        classes = predictions.labels().classes();
    }

    /** A wrong decision about an image, with the network's confidence in it and its description as HTML. */
    private record Mistake(int image, double confidence, String words) {
    }

    String html() {
        boolean multi = predictions.labels().multiLabel();
        String tables = multi ? classTable() : confusion(ConfusionMatrix.of(predictions)) + classTable();
        return tables + mistakes(multi ? multiLabelMistakes() : singleLabelMistakes()) + (multi ? "" : calibration());
    }

    // ---- confusion -----------------------------------------------------------------------------------------------

    private String confusion(ConfusionMatrix matrix) {
        if (classes.size() > MOST_CLASSES) {
            List<List<String>> rows = matrix.mostConfused(1).stream().limit(MOST_CONFUSED)
                    .map(pair -> List.of(Html.text(pair.actual()), Html.text(pair.predicted()), Numbers.grouped(pair.count()))).toList();
            return "<h3>Most confused classes</h3>\n" + Html.table(List.of("actual", "predicted", "images"), rows);
        }
        List<String> header = new ArrayList<>(List.of("actual ↓ · predicted →"));
        classes.forEach(name -> header.add(Html.text(name)));
        List<List<String>> rows = new ArrayList<>();
        for (int actual = 0; actual < classes.size(); actual++) {
            List<String> row = new ArrayList<>(List.of(Html.text(classes.get(actual))));
            for (int predicted = 0; predicted < classes.size(); predicted++) {
                long count = matrix.count(actual, predicted);
                row.add(String.format(Locale.ROOT, "<span class=\"cell\" style=\"--h:%d;--a:%.2f\">%d</span>",
                        actual == predicted ? RIGHT_HUE : WRONG_HUE,
                        0.75 * count / Math.max(1, matrix.actualCount(actual)), count));
            }
            rows.add(row);
        }
        return "<h3>Confusion matrix</h3>\n" + Html.table(header, rows) + "<p class=\"quiet\">Rows are the images’ actual"
                + " classes, columns the predicted ones. Green cells, on the diagonal, are correct predictions, red cells"
                + " mistakes; a stronger colour means a larger share of the row.</p>\n";
    }

    // ---- by class ------------------------------------------------------------------------------------------------

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

    // ---- mistakes ------------------------------------------------------------------------------------------------

    private List<Mistake> singleLabelMistakes() {
        return IntStream.range(0, predictions.size()).filter(i -> predictions.predicted(i) != predictions.actual(i)).mapToObj(i -> {
            int predicted = predictions.predicted(i);
            double confidence = predicted < 0 ? Double.NaN : predictions.probability(i, predicted);
            return new Mistake(i, confidence, (predicted < 0 ? "no prediction, because the scores are not finite"
                    : "predicted <strong>" + Html.text(classes.get(predicted)) + "</strong> ("
                            + Numbers.percent(confidence) + ")")
                    + "; actual class <strong>" + Html.text(classes.get(predictions.actual(i))) + "</strong>");
        }).toList();
    }

    private List<Mistake> multiLabelMistakes() {
        List<Mistake> found = new ArrayList<>();
        for (int i = 0; i < predictions.size(); i++) {
            for (int c = 0; c < classes.size(); c++) {
                double p = predictions.probability(i, c);
                boolean shown = predictions.shows(i, c);
                if (p > THRESHOLD != shown) {
                    found.add(new Mistake(i, shown ? 1 - p : p, (shown ? "not predicted: <strong>" : "predicted: <strong>")
                            + Html.text(classes.get(c)) + "</strong> (" + Numbers.percent(p) + ")"
                            + (shown ? ", which the image shows" : ", which the image does not show")));
                }
            }
        }
        return found;
    }

    private String mistakes(List<Mistake> all) {
        if (all.isEmpty()) {
            return "<h3>Mistakes</h3>\n<p>None among the validation images.</p>\n";
        }
        StringBuilder html = new StringBuilder("<h3>Most confident mistakes</h3>\n<p class=\"quiet\">The wrong predictions with"
                + " the highest confidence. Check them for wrong labels first, then for common properties that the training"
                + " images may lack.</p>\n<div class=\"mistakes\">\n");
        all.stream().sorted(Comparator.comparingDouble(Mistake::confidence).reversed()).limit(MISTAKES).forEach(mistake -> {
            Path file = predictions.samples().get(mistake.image).file();
            String thumbnail = Thumbnail.of(file).map(url -> "<img alt=\"\" src=\"" + url + "\">")
                    .orElse("<span class=\"none\"></span>");
            html.append("<figure>").append(thumbnail).append("<figcaption>").append(mistake.words).append("<br>")
                    .append(Html.text(shortName(file))).append("</figcaption></figure>\n");
        });
        return html.append("</div>\n").toString();
    }

    /** The file's name after its folder's, which is often the class. */
    private static String shortName(Path file) {
        int names = file.getNameCount();
        return names < 2 ? file.toString() : file.subpath(names - 2, names).toString();
    }

    // ---- calibration ---------------------------------------------------------------------------------------------

    private String calibration() {
        List<CalibrationError.Bin> bins = CalibrationError.bins(predictions, BINS).stream().filter(bin -> bin.images() > 0).toList();
        LineChart chart = new LineChart("confidence", false, false, List.of(0.0, 1.0), List.of(
                new LineChart.Series("perfect calibration", PERFECT_HUE, true, new double[] {0, 1}, new double[] {0, 1}),
                new LineChart.Series("this network", WRONG_HUE, false, bins.stream().mapToDouble(CalibrationError.Bin::confidence)
                        .toArray(), bins.stream().mapToDouble(CalibrationError.Bin::accuracy).toArray())),
                List.of());
        return "<div class=\"charts\">\n" + Html.figure("Calibration: accuracy by confidence", chart.html(), "Images grouped by"
                + " the network’s confidence in its prediction, and the share of correct predictions in each group. On the"
                + " dashed line, predictions with 80 % confidence are correct in 80 % of cases; below it the network is"
                + " overconfident, above it underconfident. The mean distance from the line, the expected calibration error,"
                + " is " + Numbers.percent(CalibrationError.of(predictions)) + ". Points of few"
                + " images are unreliable.") + "</div>\n";
    }
}
