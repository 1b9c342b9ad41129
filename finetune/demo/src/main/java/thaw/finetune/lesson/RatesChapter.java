package thaw.finetune.lesson;

import static org.apache.commons.math3.stat.StatUtils.mean;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import thaw.finetune.lesson.Claim.Unit;
import thaw.finetune.lesson.Lab.Trial;
import thaw.finetune.report.Html;
import thaw.finetune.report.LineChart;
import thaw.finetune.report.LineChart.Axis;
import thaw.finetune.report.LineChart.Scale;
import thaw.finetune.report.Numbers;
import thaw.resnet.Granularity;

/** The accuracy over the learning rate, from too low to too high, with one rate, with low rates for early layers, and for late ones. */
record RatesChapter(Subject subject) implements Chapter {

    private static final List<Double> RATES = List.of(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0);
    private static final List<Way> WAYS = List.of(Way.ALL, Way.EARLY_LOW, Way.LATE_LOW);
    private static final List<String> NAMES = List.of("one rate", "three rates", "inverted three");
    private static final double HIGHEST = RATES.get(RATES.size() - 1);
    /** The margin, in accuracy, within which two accuracies count as equal. */
    private static final double MARGIN = 0.02;

    @Override
    public String question() {
        return "What breaks with one rate for all?";
    }

    @Override
    public int trials() {
        return list().size();
    }

    private List<Trial> list() {
        List<Trial> trials = new ArrayList<>();
        for (int i = 0; i <= subject.amount().draws(); i++) {
            int draw = i;
            if (draw > 0) {
                trials.add(new Trial(startKey(draw), () -> accuracy(Way.STATISTICS, 0, draw)));
            }
            WAYS.forEach(way -> RATES.forEach(rate -> trials.add(new Trial(key(way, rate, draw), () -> accuracy(way, rate, draw)))));
        }
        return trials;
    }

    private static String startKey(int draw) {
        return "rates/start/draw " + draw;
    }

    private static String key(Way way, double rate, int draw) {
        return "rates/" + way.name().toLowerCase(Locale.ROOT) + "/" + rate + "/draw " + draw;
    }

    /** The accuracy of a way; {@link Way#STATISTICS} stands for the start, after which nothing is trained. */
    private double[] accuracy(Way way, double rate, int draw) {
        Shift.Task task = subject.task(draw);
        return TaskLearner.accuracy(task, () -> {
            try (TaskLearner on = TaskLearner.pretrained(subject.network(), task, draw)) {
                on.learner().granularity(Granularity.COARSE);
                on.trainHead();
                if (way != Way.STATISTICS) {
                    on.run(way.phase(subject.amount().epochs(), rate, on.groups()));
                }
                return on.test().accuracy();
            }
        });
    }

    /** The curve of a way: the mean accuracy at each rate, and how many trainings diverged. */
    private record Curve(Way way, double[] mean, int[] diverged, double best) {
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        lab.measure(list());
        int draws = subject.amount().draws();
        double[] start = lab.ofDraws(draws, RatesChapter::startKey, 0);
        double atStart = mean(start);
        List<Curve> curves = WAYS.stream().map(way -> curve(way, lab)).toList();
        Curve one = curves.get(0);
        double[] atHighest = accuracies(lab, Way.ALL, HIGHEST);
        List<Claim> claims = List.of(
                compare(lab, "three rates, low for early layers, beat one rate for all", curves.get(1), one),
                compare(lab, "the inverted three, low for late layers, lose to one rate for all", one, curves.get(2)),
                Claim.above(0, "one rate of 1 for all destroys: it ends below the head alone, where it began", "the head alone "
                        + Numbers.percent(atStart) + ", one rate of 1 " + Numbers.percent(mean(atHighest)),
                        PairedDifference.of(start, atHighest), Unit.POINTS),
                Claim.above(0, "low rates for early layers protect at a rate of 1", "three rates "
                        + Numbers.percent(mean(accuracies(lab, Way.EARLY_LOW, HIGHEST))) + ", one rate " + Numbers.percent(mean(atHighest)),
                        PairedDifference.of(accuracies(lab, Way.EARLY_LOW, HIGHEST), atHighest), Unit.POINTS));
        return new Answer(summary(one, atStart), done(), claims, figures(curves, atStart), json(curves, start));
    }

    private double[] accuracies(Lab lab, Way way, double rate) {
        return lab.ofDraws(subject.amount().draws(), draw -> key(way, rate, draw), 0);
    }

    private Curve curve(Way way, Lab lab) {
        double[] mean = RATES.stream().mapToDouble(rate -> mean(accuracies(lab, way, rate))).toArray();
        int[] diverged = RATES.stream().mapToInt(rate -> (int) Arrays.stream(lab.ofDraws(subject.amount().draws(),
                draw -> key(way, rate, draw), 1)).sum()).toArray();
        double best = RATES.stream().max(Comparator.comparingDouble(rate -> lab.get(key(way, rate, 0))[0])).orElseThrow();
        return new Curve(way, mean, diverged, best);
    }

    /** Compares two ways, each at its best rate on draw 0. */
    private Claim compare(Lab lab, String claim, Curve way, Curve than) {
        double[] a = accuracies(lab, way.way, way.best);
        double[] b = accuracies(lab, than.way, than.best);
        return Claim.above(0, claim, words(way, a) + ", " + words(than, b), PairedDifference.of(a, b), Unit.POINTS);
    }

    private static String words(Curve curve, double[] accuracies) {
        return NAMES.get(WAYS.indexOf(curve.way)) + " " + Numbers.percent(mean(accuracies)) + " at " + Numbers.compact(curve.best);
    }

    /** The region of a rate: near the best accuracy, near the start, below it, or above it but below the best. */
    private static String region(double accuracy, double start, double best) {
        return accuracy >= best - MARGIN ? "good" : Math.abs(accuracy - start) < MARGIN ? "unmoved"
                : accuracy < start ? "destroyed" : "below the best";
    }

    private static String summary(Curve one, double start) {
        double best = Arrays.stream(one.mean).max().orElseThrow();
        List<String> parts = new ArrayList<>();
        for (String region : List.of("unmoved", "below the best", "good", "destroyed")) {
            List<String> rates = IntStream.range(0, RATES.size()).filter(i -> region(one.mean[i], start, best).equals(region))
                    .mapToObj(i -> Numbers.compact(RATES.get(i))).toList();
            if (!rates.isEmpty()) {
                parts.add(region + " at " + String.join(", ", rates));
            }
        }
        return "With one rate for all layers the network is " + String.join("; ", parts) + ". The head alone has " + Numbers.percent(start)
                + ", the best single rate " + Numbers.percent(best) + ".";
    }

    private String done() {
        return "<p>" + Html.text(subject.target().made()) + ": " + subject.amount().trained() + " training images, "
                + subject.amount().epochs() + " epochs after " + TaskLearner.HEAD_EPOCHS + " of the head alone, "
                + subject.amount().draws() + " draws, tested on " + subject.amount().tested() + " images. At each rate: one rate for"
                + " all; three rates, of which that of the head is the given one, that of the middle a tenth and that of early layers a"
                + " hundredth; and the same three the other way round. Claims compare each way at its best rate on one more draw. Near means"
                + " within " + Math.round(100 * MARGIN) + " points: a rate is <em>good</em> near the best accuracy, <em>unmoved</em> near"
                + " that of the head alone, <em>destroyed</em> below it.</p>\n";
    }

    private String figures(List<Curve> curves, double start) {
        double[] rates = RATES.stream().mapToDouble(Double::doubleValue).toArray();
        List<LineChart.Series> lines = new ArrayList<>();
        for (int i = 0; i < curves.size(); i++) {
            lines.add(new LineChart.Series(NAMES.get(i), rates,
                    Arrays.stream(curves.get(i).mean).map(a -> 100 * a).toArray()));
        }
        LineChart.Series head = new LineChart.Series("the head alone", new double[] {rates[0], HIGHEST},
                new double[] {100 * start, 100 * start});
        double best = Arrays.stream(curves.get(0).mean).max().orElseThrow();
        List<List<String>> rows = IntStream.range(0, RATES.size()).mapToObj(i -> {
            List<String> row = new ArrayList<>(List.of(Numbers.compact(RATES.get(i))));
            curves.forEach(curve -> row.add(Numbers.percent(curve.mean[i])
                    + (curve.diverged[i] == 0 ? "" : ", " + curve.diverged[i] + " diverged")));
            row.add(region(curves.get(0).mean[i], start, best));
            return row;
        }).toList();
        return "<div class=\"charts\">"
                + Html.figure("Accuracy by learning rate",
                        new LineChart(new Axis("highest learning rate", Scale.LOG, List.of()),
                                new Axis("accuracy, percent", Scale.LINEAR, List.of()), lines, List.of(head), List.of()).html(),
                        "Means of the draws. A training that diverged counts with"
                                + " the accuracy of a guess.")
                + "</div>\n" + Html.table(List.of("rate", NAMES.get(0), NAMES.get(1), NAMES.get(2), "one rate is"), rows);
    }

    private static ObjectNode json(List<Curve> curves, double[] start) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        RATES.forEach(json.putArray("rates")::add);
        Arrays.stream(start).forEach(json.putArray("head_alone")::add);
        ArrayNode ways = json.putArray("ways");
        for (Curve curve : curves) {
            ObjectNode way = ways.addObject().put("way", NAMES.get(WAYS.indexOf(curve.way))).put("best", curve.best);
            Arrays.stream(curve.mean).forEach(way.withArray("accuracies")::add);
            Arrays.stream(curve.diverged).forEach(way.withArray("diverged")::add);
        }
        return json;
    }
}
