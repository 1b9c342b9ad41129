package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import thaw.finetune.metrics.CalibrationError;
import thaw.finetune.metrics.Novelty;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.metrics.RiskCoverage;
import thaw.finetune.train.Calibration;

/**
 * Charts of how far predictions can be trusted: whether probabilities are right, how many mistakes are among the sure ones, and whether
 * images of none of the classes are told.
 *
 * @param predictions for images of one class each
 * @param calibration by the same images; empty if there was none
 * @param novelty     of the same images, and of others; empty if the model has no known images
 */
record TrustSection(Predictions predictions, Optional<Calibration> calibration, Optional<Novelty> novelty) {
    private static final int BINS = 10;
    private static final List<Double> PRECISIONS = List.of(0.9, 0.95, 0.98, 0.99);

    /** The figures, one after the other. */
    String html() {
        return reliability() + riskCoverage() + novelty.map(TrustSection::novelty).orElse("");
    }

    private static LineChart.Axis share(String label) {
        return new LineChart.Axis(label, LineChart.Scale.LINEAR, List.of(0.0, 1.0));
    }

    private String reliability() {
        List<LineChart.Series> lines = calibration.map(one -> List.of(reliability("calibrated", one.after()),
                reliability("before calibration", one.before()))).orElseGet(() -> List.of(reliability("this network", predictions)));
        LineChart chart = new LineChart(share("confidence"), share("accuracy"), lines,
                List.of(new LineChart.Series("perfect calibration", new double[] {0, 1}, new double[] {0, 1})), List.of());
        String error = calibration.map(one -> Numbers.percent(CalibrationError.of(one.after())) + ", before calibration "
                + Numbers.percent(CalibrationError.of(one.before())) + ". The temperature is " + Numbers.compact(one.temperature())
                + "; in this chart each fifth of the validation images has that of the other four, so that no image is judged by a"
                + " temperature that it helped to choose").orElseGet(() -> Numbers.percent(CalibrationError.of(predictions)));
        return Html.figure("Reliability diagram: accuracy by confidence", chart.html(), "Images grouped by"
                + " the network’s confidence in its prediction, and the share of correct predictions in each group. On the"
                + " dotted line, predictions with 80 % confidence are correct in 80 % of cases; below it the network is"
                + " overconfident, above it underconfident. The mean distance from the line, the expected calibration error,"
                + " is " + error + ". Points of few images are unreliable.");
    }

    private static LineChart.Series reliability(String name, Predictions of) {
        List<CalibrationError.Bin> bins = CalibrationError.bins(of, BINS).stream().filter(bin -> bin.images() > 0).toList();
        return new LineChart.Series(name, bins.stream().mapToDouble(CalibrationError.Bin::confidence).toArray(),
                bins.stream().mapToDouble(CalibrationError.Bin::accuracy).toArray());
    }

    private String riskCoverage() {
        List<RiskCoverage.Point> points = RiskCoverage.of(predictions).points();
        if (points.isEmpty()) {
            return "";
        }
        LineChart chart = new LineChart(share("share of images answered"), new LineChart.Axis("share of answers that are wrong",
                LineChart.Scale.LINEAR, List.of(0.0)),
                List.of(line("this network", points, RiskCoverage.Point::coverage,
                        point -> 1 - point.precision())),
                List.of(), List.of());
        List<List<String>> rows = new ArrayList<>();
        for (double precision : PRECISIONS) {
            Optional<RiskCoverage.Point> found = new RiskCoverage(points).reaching(precision);
            RiskCoverage.Point other = RiskCoverage.outOfFold(predictions, precision);
            rows.add(List.of(Numbers.percent(precision), found.map(point -> Numbers.compact(point.threshold())).orElse("–"),
                    found.map(point -> Numbers.percent(point.coverage())).orElse("–"), Numbers.percent(other.precision()),
                    Numbers.percent(other.coverage())));
        }
        return Html.figure("Risk–coverage curve: mistakes by share answered", chart.html() + Html.table(List.of("right answers wanted",
                "threshold", "answered", "on other images: right", "answered"), rows),
                "If only predictions above a threshold count as answers, fewer images are answered, and fewer of the answers are wrong. The"
                        + " last two columns are of images on which the threshold was not chosen: each fifth of the images has that of the"
                        + " other four. A dash: no threshold reaches it on so few images.");
    }

    private static LineChart.Series line(String name, List<RiskCoverage.Point> points, ToDoubleFunction<RiskCoverage.Point> x,
            ToDoubleFunction<RiskCoverage.Point> y) {
        return new LineChart.Series(name, points.stream().mapToDouble(x).toArray(), points.stream().mapToDouble(y).toArray());
    }

    private static String novelty(Novelty found) {
        String kept = Numbers.percent(found.kept()) + " of the " + Numbers.count(found.known().length, "image", "images")
                + " of these classes are known: their novelty, the distance from known images, is at most 1. An image is not compared"
                + " with itself.";
        if (found.others().length == 0) {
            LineChart chart = new LineChart(new LineChart.Axis("novelty", LineChart.Scale.LINEAR, List.of(0.0)), share("share of images"),
                    List.of(cumulative(found.known())), List.of(), List.of(new LineChart.Mark(1, "none of these classes")));
            return Html.figure("Novelty of the images", chart.html(), "The share of images up to each novelty. " + kept);
        }
        double[][] roc = found.roc();
        LineChart chart = new LineChart(share("share of these classes’ images taken for others"), share("share of others recognised"),
                List.of(new LineChart.Series("by novelty", roc[0], roc[1])),
                List.of(new LineChart.Series("by chance", new double[] {0, 1}, new double[] {0, 1})), List.of());
        return Html.figure("ROC curve: images of none of the classes", chart.html(), "Each point is a threshold of the novelty. The area"
                + " under the curve is " + Numbers.compact(found.auroc()) + ": the chance that an image of none of the classes has a higher"
                + " novelty than one of them. At the model’s own threshold " + Numbers.percent(found.recognised()) + " of the "
                + Numbers.count(found.others().length, "other image", "other images") + " are recognised. " + kept);
    }

    private static LineChart.Series cumulative(double[] values) {
        double[] sorted = DoubleStream.of(values).sorted().toArray();
        return new LineChart.Series("these classes", sorted, IntStream.rangeClosed(1, sorted.length)
                .mapToDouble(i -> (double) i / sorted.length).toArray());
    }
}
