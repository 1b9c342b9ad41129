package thaw.finetune.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.metrics.Predictions;

/**
 * A scatter plot of images by the principal components of their features. Its points are radio buttons, which show their images without a
 * script: on hover, on a click, and by the arrow keys.
 */
final class ScatterPlot {
    /** More classes could not be told apart by colour, and have one. */
    private static final int MOST_COLOURS = 8;
    private static final int HUE = 222;
    private static final int MARGIN = 4;

    private final Interpretation found;
    private final Predictions predictions;

    ScatterPlot(Interpretation found) {
        this.found = found;
        predictions = found.evaluation().predictions();
    }

    /** The figure, or nothing if there are too few images. */
    String html() {
        Interpretation.Scatter scatter = found.scatter();
        if (scatter.points().isEmpty()) {
            return "";
        }
        double[] x = scaled(scatter.points().stream().mapToDouble(Interpretation.Point::x).toArray());
        double[] y = scaled(scatter.points().stream().mapToDouble(point -> -point.y()).toArray());
        StringBuilder html = new StringBuilder(legend())
                .append("<div class=\"map\" role=\"radiogroup\" aria-label=\"images by features\">\n");
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < scatter.points().size(); i++) {
            int image = scatter.points().get(i).image();
            Path file = predictions.samples().get(image).file();
            html.append(String.format(Locale.ROOT, "<label class=\"point%s%s\" style=\"left:%.1f%%;top:%.1f%%;%s\">", isRight(image) ? ""
                    : " wrong", x[i] > 50 ? " left" : "", x[i], y[i], style(image)))
                    .append("<input type=\"radio\" name=\"map\"><span>").append(Thumbnail.image(file)).append("<br>")
                    .append(words(image)).append("</span></label>\n");
            rows.add(List.of(Html.text(Thumbnail.shortName(file)), words(image), Numbers.compact(scatter.points().get(i).x()),
                    Numbers.compact(scatter.points().get(i).y())));
        }
        return Html.figure("Features along two principal components", html.append("</div>\n")
                .append(Html.details("As a table", Html.table(List.of("image", "class", "first component", "second"), rows))).toString(),
                "The input of the last layer for " + (rows.size() < predictions.size() ? rows.size() + " of the " : "")
                        + Numbers.count(predictions.size(), "image", "images")
                        + ", along the two directions in which it varies most ("
                        + Numbers.percent(scatter.explained().get(0))
                        + " and " + Numbers.percent(scatter.explained().get(1))
                        + " of the variance). Images that the network finds similar are"
                        + " near each other. A ring is a mistake. Point at a point, or choose it with the arrow keys, to see its image.");
    }

    private boolean isRight(int image) {
        return predictions.labels().multiLabel() || predictions.predicted(image) == predictions.actual(image);
    }

    private String words(int image) {
        String shown = Html.text(String.join(", ", predictions.labels().names(predictions.samples().get(image).labels())));
        int predicted = predictions.predicted(image);
        return isRight(image) ? shown
                : shown + (predicted < 0 ? ", no prediction" : ", predicted " + Html.text(predictions.labels().classes().get(predicted)));
    }

    private String legend() {
        List<String> classes = predictions.labels().classes();
        if (!isColoured()) {
            return "";
        }
        StringBuilder html = new StringBuilder("<ul class=\"legend\">");
        for (int c = 0; c < classes.size(); c++) {
            html.append("<li class=\"point\" style=\"").append(colour(c)).append("\">").append(Html.text(classes.get(c))).append("</li>");
        }
        return html.append("</ul>\n").toString();
    }

    private boolean isColoured() {
        return !predictions.labels().multiLabel() && predictions.classes() <= MOST_COLOURS;
    }

    private String style(int image) {
        return isColoured() ? colour(predictions.actual(image)) : "--h:" + HUE;
    }

    private String colour(int label) {
        return "--h:" + (HUE + 360 * label / predictions.classes()) % 360;
    }

    /** Percentages of the plot's side, with a margin for the points' size. */
    private static double[] scaled(double[] values) {
        double least = DoubleStream.of(values).min().orElse(0);
        double range = Math.max(1e-12, DoubleStream.of(values).max().orElse(1) - least);
        return DoubleStream.of(values).map(value -> MARGIN + (100 - 2 * MARGIN) * (value - least) / range).toArray();
    }
}
