package thaw.finetune.lesson;

import static org.apache.commons.math3.stat.StatUtils.mean;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.lesson.Claim.Unit;
import thaw.finetune.lesson.Lab.Trial;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.report.Html;
import thaw.finetune.report.LineChart;
import thaw.finetune.report.LineChart.Axis;
import thaw.finetune.report.LineChart.Scale;
import thaw.finetune.report.Numbers;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.Granularity;

/** Warm restarts against one cycle: the loss and the rate of each batch, and what they do to the early layers. */
record RestartsChapter(Subject subject) implements Chapter {

    /** Cycles of 1, 2 and 4 epochs. */
    private static final int EPOCHS = 7;
    private static final int[] RESTARTS = {1, 3};
    private static final double RATE = 0.1;
    /** The number of batches before and after a restart that are compared. */
    private static final int WINDOW = 3;

    private enum Kind {
        CYCLE("one cycle", ScheduleRecipe.oneCycle()), RESTARTS("warm restarts", ScheduleRecipe.of("sgdr"));

        private final String label;
        private final ScheduleRecipe schedule;

        Kind(String label, ScheduleRecipe schedule) {
            this.label = label;
            this.schedule = schedule;
        }
    }

    @Override
    public String question() {
        return "Jumps: do warm restarts help, or one cycle?";
    }

    @Override
    public int trials() {
        return Kind.values().length * subject.amount().draws();
    }

    private static String key(Kind kind, int draw) {
        return "restarts/" + kind.label + "/draw " + draw;
    }

    private int batches() {
        return (subject.task(1).train().length() + TaskLearner.BATCH - 1) / TaskLearner.BATCH;
    }

    private int steps() {
        return EPOCHS * batches();
    }

    /**
     * Loss and rate of each step, update ratio of the early group in each epoch, its distance from the start, and the accuracy; all NaN
     * if the training diverges.
     */
    private double[] train(Kind kind, int draw) {
        try (TaskLearner on = TaskLearner.pretrained(subject.network(), subject.task(draw), draw)) {
            on.learner().granularity(Granularity.COARSE);
            on.trainHead();
            List<Double> losses = new ArrayList<>();
            List<Double> rates = new ArrayList<>();
            on.learner().diagnostics(new DiagnosticsOptions(1, 0, 1e-2)).addListener(new TrainingListener() {
                @Override
                public void onBatch(BatchResult batch) {
                    losses.add(batch.loss());
                    rates.add(batch.learningRates().get(0));
                }
            });
            List<EpochResult> epochs = on.run(new TrainingPhase(kind.label, EPOCHS, kind.schedule, LearningRates.of(RATE))).epochs();
            List<Double> all = new ArrayList<>(losses);
            all.addAll(rates);
            epochs.forEach(epoch -> all.add(epoch.activity().get(0).updateRatio()));
            all.add(epochs.get(EPOCHS - 1).activity().get(0).relativeDistance());
            all.add(on.test().accuracy());
            return all.stream().mapToDouble(Double::doubleValue).toArray();
        } catch (DivergenceException ranAway) {
            return DoubleStream.generate(() -> Double.NaN).limit(accuracy() + 1).toArray();
        }
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        List<Trial> trials = new ArrayList<>();
        for (int i = 1; i <= subject.amount().draws(); i++) {
            int draw = i;
            for (Kind kind : Kind.values()) {
                trials.add(new Trial(key(kind, draw), () -> train(kind, draw)));
            }
        }
        lab.measure(trials);
        PairedDifference better = PairedDifference.of(at(lab, Kind.RESTARTS, accuracy()), at(lab, Kind.CYCLE, accuracy()));
        PairedDifference jump = PairedDifference.of(rise(lab, Kind.RESTARTS), rise(lab, Kind.CYCLE));
        PairedDifference farther = PairedDifference.of(at(lab, Kind.RESTARTS, distance()), at(lab, Kind.CYCLE, distance()));
        List<Claim> claims = List.of(
                Claim.above(0, "the loss jumps up at a restart, compared with one cycle at the same batches", Kind.RESTARTS.label + " "
                        + Unit.LOSS.text(mean(rise(lab, Kind.RESTARTS))) + " from the " + WINDOW + " batches before to the " + WINDOW
                        + " after, " + Kind.CYCLE.label + " " + Unit.LOSS.text(mean(rise(lab, Kind.CYCLE))), jump, Unit.LOSS),
                Claim.above(0, "warm restarts end better than one cycle", words(lab, accuracy()), better, Unit.POINTS),
                Claim.above(0, "restarts carry the early layers farther from the start", words(lab, distance()), farther, Unit.PERCENT));
        String summary = "At a restart the loss changes by " + Unit.LOSS.text(mean(rise(lab, Kind.RESTARTS))) + ", by "
                + claims.get(0).difference() + " against one cycle at the same batches (95 % interval " + claims.get(0).interval()
                + "); at the end the accuracy differs by "
                + claims.get(1).difference() + " points (" + claims.get(1).interval() + ").";
        return new Answer(summary, done(), claims, figures(lab), json(lab));
    }

    private int distance() {
        return 2 * steps() + EPOCHS;
    }

    private int accuracy() {
        return distance() + 1;
    }

    private double[] at(Lab lab, Kind kind, int index) {
        return lab.ofDraws(subject.amount().draws(), draw -> key(kind, draw), index);
    }

    /** For each draw, how much the loss rises from the batches before a restart to those after it, mean over the restarts. */
    private double[] rise(Lab lab, Kind kind) {
        return IntStream.rangeClosed(1, subject.amount().draws()).mapToDouble(draw -> {
            double[] losses = lab.get(key(kind, draw));
            return Arrays.stream(RESTARTS).map(epoch -> epoch * batches())
                    .mapToDouble(restart -> mean(losses, restart, WINDOW) - mean(losses, Math.max(0, restart - WINDOW), WINDOW)).average()
                    .orElseThrow();
        }).toArray();
    }

    private String words(Lab lab, int index) {
        return Kind.RESTARTS.label + " " + Numbers.percent(mean(at(lab, Kind.RESTARTS, index))) + ", " + Kind.CYCLE.label + " "
                + Numbers.percent(mean(at(lab, Kind.CYCLE, index)));
    }

    private String done() {
        return "<p>" + Html.text(subject.target().made()) + ": " + subject.amount().trained() + " training images, all layers at a highest"
                + " rate of " + Numbers.compact(RATE) + " for " + EPOCHS + " epochs, after " + TaskLearner.HEAD_EPOCHS
                + " of the head alone; "
                + subject.amount().draws()
                + " draws. Once by one cycle, in which the rate rises and falls once; once by cycles of 1, 2 and 4"
                + " epochs, at whose beginnings the rate jumps back to the highest (Loshchilov and Hutter 2017, “SGDR”).</p>\n";
    }

    private String figures(Lab lab) {
        double[] steps = IntStream.rangeClosed(1, steps()).asDoubleStream().toArray();
        double[] epochs = IntStream.rangeClosed(1, EPOCHS).asDoubleStream().toArray();
        Axis batch = new Axis("batch", Scale.WHOLE, List.of());
        List<LineChart.Mark> marks = Arrays.stream(RESTARTS).mapToObj(epoch -> new LineChart.Mark(epoch * batches() + 0.5, "restart"))
                .toList();
        return "<div class=\"charts\">" + Html.figure("Loss and rate of each batch",
                new LineChart(batch, new Axis("training loss", Scale.LINEAR, List.of()), lines(lab, 0, steps), List.of(), marks).html()
                        + new LineChart(batch, new Axis("learning rate", Scale.LINEAR, List.of(0.0)), lines(lab, steps(), steps), List.of(),
                                marks).html(),
                "Above the training loss, before the batch’s step, mean of the draws; below the learning rate, on the same x axis.")
                + Html.figure("Steps of the early layers",
                        new LineChart(new Axis("epoch", Scale.WHOLE, List.of()), new Axis("update ratio", Scale.LINEAR, List.of(0.0)),
                                lines(lab, 2 * steps(), epochs), List.of(), List.of()).html(),
                        "The update ratio of the early group, the change of its weights in one step relative to their"
                                + " norm; mean over the epoch’s steps and the draws.")
                + "</div>\n";
    }

    private List<LineChart.Series> lines(Lab lab, int from, double[] x) {
        return Arrays.stream(Kind.values()).map(kind -> new LineChart.Series(kind.label, x,
                IntStream.range(0, x.length).mapToDouble(i -> mean(at(lab, kind, from + i))).toArray())).toList();
    }

    private ObjectNode json(Lab lab) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode kinds = json.putArray("schedules");
        for (Kind kind : Kind.values()) {
            ObjectNode one = kinds.addObject().put("schedule", kind.label);
            for (int i = 0; i < steps(); i++) {
                one.withArray("losses").add(mean(at(lab, kind, i)));
                one.withArray("rates").add(mean(at(lab, kind, steps() + i)));
            }
            Arrays.stream(at(lab, kind, distance())).forEach(one.withArray("early_distances")::add);
            Arrays.stream(at(lab, kind, accuracy())).forEach(one.withArray("accuracies")::add);
        }
        return json;
    }
}
