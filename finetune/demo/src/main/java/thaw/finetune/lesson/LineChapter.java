package thaw.finetune.lesson;

import static org.apache.commons.math3.stat.StatUtils.mean;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import thaw.engine.Tensor;
import thaw.finetune.lesson.Claim.Unit;
import thaw.finetune.lesson.Lab.Trial;
import thaw.finetune.report.Html;
import thaw.finetune.report.LineChart;
import thaw.finetune.report.LineChart.Axis;
import thaw.finetune.report.LineChart.Scale;
import thaw.finetune.report.Numbers;
import thaw.finetune.train.BatchNormAdaptation;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.WeightInterpolation;

/**
 * The loss along the straight line from the weights at the start of training to those at its end, {@code w = w₀ + α(w₁ − w₀)} (Goodfellow,
 * Vinyals and Saxe 2015, "Qualitatively characterizing neural network optimization problems"), for low and high rates. The statistics of
 * batch norm are estimated anew at each point, since those of the ends fit only the ends.
 */
record LineChapter(Subject subject) implements Chapter {

    private static final List<Double> RATES = List.of(0.003, 0.03, 0.3);
    private static final double[] ALPHAS = {-0.25, 0, 0.25, 0.5, 0.75, 1, 1.25};
    private static final int START = 1;
    private static final int END = 5;
    /** The height, in cross-entropy, above which a rise counts as a barrier. */
    private static final double FLAT = 0.05;

    @Override
    public String question() {
        return "Does a smaller rate tune finer?";
    }

    @Override
    public int trials() {
        return RATES.size() * subject.amount().draws();
    }

    private static String key(double rate, int draw) {
        return "line/" + rate + "/draw " + draw;
    }

    /** The loss of the test images at each point, then the accuracy at the end; all NaN if the training diverges. */
    private double[] line(double rate, int draw) {
        double[] found = new double[ALPHAS.length + 1];
        try (TaskLearner on = TaskLearner.pretrained(subject.network(), subject.task(draw), draw)) {
            on.trainHead();
            List<Tensor> parameters = on.net().parameters();
            List<float[]> start = parameters.stream().map(Tensor::toFloats).toList();
            on.run(Way.ALL.phase(subject.amount().epochs(), rate, on.groups()));
            found[ALPHAS.length] = on.test().accuracy();
            List<float[]> end = parameters.stream().map(Tensor::toFloats).toList();
            for (int a = 0; a < ALPHAS.length; a++) {
                for (int p = 0; p < parameters.size(); p++) {
                    parameters.get(p).set(WeightInterpolation.between(start.get(p), end.get(p), ALPHAS[a]));
                }
                new BatchNormAdaptation(0).adapt(on.net(), on.images().inOrder());
                found[a] = on.test().loss();
            }
        } catch (DivergenceException ranAway) {
            Arrays.fill(found, Double.NaN);
        }
        return found;
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        List<Trial> trials = new ArrayList<>();
        RATES.forEach(rate -> IntStream.rangeClosed(1, subject.amount().draws())
                .forEach(draw -> trials.add(new Trial(key(rate, draw), () -> line(rate, draw)))));
        lab.measure(trials);
        double low = RATES.get(0);
        double high = RATES.get(RATES.size() - 1);
        List<Claim> claims = List.of(
                Claim.above(0, "a low rate ends at a lower loss than a high one", ends(lab, low) + ", " + ends(lab, high),
                        PairedDifference.of(at(lab, high, END), at(lab, low, END)), Unit.LOSS),
                Claim.above(FLAT, "a high rate leaves the valley: a barrier lies between start and end", barrierWords(lab, high),
                        PairedDifference.of(barriers(lab, high), new double[subject.amount().draws()]), Unit.LOSS),
                Claim.within(FLAT, "at a low rate there is no barrier", barrierWords(lab, low),
                        PairedDifference.of(barriers(lab, low), new double[subject.amount().draws()]), Unit.LOSS),
                Claim.above(0, "a low rate stops too early: further along its line the loss is lower still", "at the end "
                        + Numbers.compact(mean(at(lab, low, END))) + ", a quarter further " + Numbers.compact(mean(at(lab, low, END + 1))),
                        PairedDifference.of(at(lab, low, END), at(lab, low, END + 1)), Unit.LOSS));
        return new Answer(summary(lab), done(), claims, figures(lab), json(lab));
    }

    private double[] at(Lab lab, double rate, int point) {
        return lab.ofDraws(subject.amount().draws(), draw -> key(rate, draw), point);
    }

    /** How far the loss between start and end rises above the straight line between their losses; 0 or more. */
    private double[] barriers(Lab lab, double rate) {
        return IntStream.rangeClosed(1, subject.amount().draws()).mapToDouble(draw -> {
            double[] loss = lab.get(key(rate, draw));
            return IntStream.rangeClosed(START, END).mapToDouble(a -> loss[a] - loss[START] - ALPHAS[a] * (loss[END] - loss[START])).max()
                    .orElseThrow();
        }).toArray();
    }

    private String ends(Lab lab, double rate) {
        return "at " + Numbers.compact(rate) + " " + Numbers.compact(mean(at(lab, rate, END)));
    }

    private String barrierWords(Lab lab, double rate) {
        return "at " + Numbers.compact(rate) + " a barrier of " + Numbers.compact(mean(barriers(lab, rate)));
    }

    private String summary(Lab lab) {
        List<String> parts = RATES.stream().map(rate -> ends(lab, rate) + " (" + Numbers.percent(mean(at(lab, rate, ALPHAS.length)))
                + " correct)").toList();
        return "The loss of the test images is " + Numbers.compact(mean(at(lab, RATES.get(0), START))) + " at the start, and at the end of"
                + " training " + String.join(", ", parts) + ".";
    }

    private String done() {
        return "<p>" + Html.text(subject.target().made()) + ": " + subject.amount().trained() + " training images, all layers at one rate"
                + " for " + subject.amount().epochs() + " epochs, " + subject.amount().draws()
                + " draws. The weights are then set to points"
                + " on the straight line from those at the start (0) to those at the end (1), and a little beyond both; at each point batch"
                + " norm’s statistics are estimated anew from the training images, and the loss of the " + subject.amount().tested()
                + " test images is taken. A barrier is how far the loss rises above the straight line between the losses of the two ends.</p>\n";
    }

    private String figures(Lab lab) {
        List<LineChart.Series> lines = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        for (double rate : RATES) {
            double[] mean = IntStream.range(0, ALPHAS.length).mapToDouble(a -> mean(at(lab, rate, a))).toArray();
            lines.add(new LineChart.Series("rate " + Numbers.compact(rate), ALPHAS, mean));
            int lowest = IntStream.range(0, ALPHAS.length).reduce((a, b) -> mean[b] < mean[a] ? b : a).orElseThrow();
            long diverged = Arrays.stream(at(lab, rate, END)).filter(Double::isNaN).count();
            rows.add(
                    List.of(Numbers.compact(rate), Numbers.compact(mean[START]), Numbers.compact(mean[END]), String.valueOf(ALPHAS[lowest]),
                            Numbers.compact(mean(barriers(lab, rate))), Numbers.percent(mean(at(lab, rate, ALPHAS.length)))
                                    + (diverged == 0 ? "" : ", " + diverged + " diverged")));
        }
        return "<div class=\"charts\">"
                + Html.figure("Loss along the line",
                        new LineChart(new Axis("share of the way, 0 is the start, 1 the end", Scale.LINEAR, List.of()),
                                new Axis("loss", Scale.LINEAR, List.of()), lines, List.of(), List.of()).html(),
                        "Cross-entropy of the test images; means of the draws.")
                + "</div>\n"
                + Html.table(List.of("rate", "loss at the start", "at the end", "lowest at", "barrier", "accuracy at the end"), rows);
    }

    private ObjectNode json(Lab lab) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        Arrays.stream(ALPHAS).forEach(json.putArray("points")::add);
        ArrayNode lines = json.putArray("lines");
        RATES.forEach(rate -> {
            ArrayNode losses = lines.addObject().put("rate", rate).putArray("losses");
            for (int draw = 1; draw <= subject.amount().draws(); draw++) {
                Arrays.stream(lab.get(key(rate, draw)), 0, ALPHAS.length).forEach(losses.addArray()::add);
            }
        });
        return json;
    }
}
