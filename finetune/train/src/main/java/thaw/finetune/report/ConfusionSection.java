package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import thaw.finetune.metrics.ConfusionMatrix;

/** The confusion matrix, as a coloured table or, of many classes, as an image, and the pairs of classes that are confused most. */
final class ConfusionSection {
    /** With more classes the table does not fit the page. */
    private static final int MOST_CLASSES = 30;
    private static final int MOST_PAIRS = 20;
    private static final int RIGHT_HUE = 140;
    private static final int WRONG_HUE = 12;
    private static final double STRONGEST = 0.75;

    private final ConfusionMatrix matrix;
    private final List<String> classes;

    ConfusionSection(ConfusionMatrix matrix) {
        this.matrix = matrix;
        classes = matrix.classes();
    }

    String html() {
        return "<h3>Confusion matrix</h3>\n" + (classes.size() > MOST_CLASSES ? image() : table())
                + "<p class=\"quiet\">Rows are the images’"
                + " actual classes, columns the predicted ones. Green cells, on the diagonal, are correct predictions, red cells"
                + " mistakes; a stronger colour means a larger share of the row.</p>\n" + pairs();
    }

    private String style(int actual, int predicted) {
        return String.format(Locale.ROOT, "--h:%d;--a:%.2f", actual == predicted ? RIGHT_HUE : WRONG_HUE,
                STRONGEST * matrix.count(actual, predicted) / Math.max(1, matrix.actualCount(actual)));
    }

    private String table() {
        List<String> header = new ArrayList<>(List.of("actual ↓ · predicted →"));
        classes.forEach(name -> header.add(Html.text(name)));
        List<List<String>> rows = new ArrayList<>();
        for (int actual = 0; actual < classes.size(); actual++) {
            List<String> row = new ArrayList<>(List.of(Html.text(classes.get(actual))));
            for (int predicted = 0; predicted < classes.size(); predicted++) {
                row.add("<span class=\"cell\" style=\"" + style(actual, predicted) + "\">" + matrix.count(actual, predicted) + "</span>");
            }
            rows.add(row);
        }
        return Html.table(header, rows);
    }

    /** A square for each pair of classes that occurs, with its numbers as a tooltip. */
    private String image() {
        StringBuilder svg = new StringBuilder("<svg class=\"matrix\" role=\"img\" aria-label=\"confusion matrix; its pairs are in the table"
                + " below\" viewBox=\"0 0 " + classes.size() + " " + classes.size() + "\">\n");
        for (int actual = 0; actual < classes.size(); actual++) {
            for (int predicted = 0; predicted < classes.size(); predicted++) {
                if (matrix.count(actual, predicted) > 0) {
                    svg.append("<rect width=\"1\" height=\"1\" x=\"").append(predicted).append("\" y=\"").append(actual)
                            .append("\" style=\"")
                            .append(style(actual, predicted)).append("\"><title>").append(Html.text(classes.get(actual))).append(" → ")
                            .append(Html.text(classes.get(predicted))).append(": ").append(matrix.count(actual, predicted))
                            .append("</title></rect>\n");
                }
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private String pairs() {
        List<List<String>> rows = matrix.mostConfused(1).stream().limit(MOST_PAIRS)
                .map(pair -> List.of(Html.text(pair.actual()), Html.text(pair.predicted()), Numbers.grouped(pair.count()),
                        Numbers.percent(pair.count() / (double) matrix.actualCount(classes.indexOf(pair.actual())))))
                .toList();
        return rows.isEmpty() ? "" : "<h3>Most confused classes</h3>\n"
                + Html.table(List.of("actual", "predicted", "images", "of the actual class"), rows);
    }
}
