package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.StatUtils;
import thaw.finetune.lesson.Claim.Unit;
import thaw.finetune.lesson.Lab.Trial;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.report.Html;
import thaw.finetune.report.IntervalChart;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.FitSettings;
import thaw.finetune.train.FrozenBatchNorm;
import thaw.finetune.train.Precompute;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.Granularity;

/** The time of a training step at a low rate and at a high one, with frozen layers, and from cached features. */
record TimeChapter(Subject subject) implements Chapter {

    private static final int ROUNDS = 8;
    private static final int IMAGES = 100;
    private static final int EPOCHS = 3;
    /** The share by which a step counts as longer. */
    private static final double MARGIN = 0.02;
    private static final double CACHED_SHARE = 0.1;

    /** A kind of step. */
    private enum Step {
        LOW("all layers at 1e-7", 1e-7, 0, Precompute.When.NEVER),
        HIGH("all layers at 0.1", 0.1, 0, Precompute.When.NEVER),
        FROZEN("early layers frozen", 0.1, 1, Precompute.When.NEVER),
        HEAD("all but the head frozen", 0.1, 2, Precompute.When.NEVER),
        CACHED("the head, on cached features", 0.1, 2, Precompute.When.ALWAYS);

        private final String label;
        private final double rate;
        private final int freezeTo;
        private final Precompute.When cached;

        Step(String label, double rate, int freezeTo, Precompute.When cached) {
            this.label = label;
            this.rate = rate;
            this.freezeTo = freezeTo;
            this.cached = cached;
        }
    }

    @Override
    public String question() {
        return "Does a low rate take longer?";
    }

    @Override
    public int trials() {
        return ROUNDS;
    }

    private static String key(int round) {
        return "time/round " + round;
    }

    /** The median time of each kind of step, in milliseconds; the order of the kinds turns from round to round. */
    private double[] round(int round) throws IOException {
        double[] millis = new double[Step.values().length];
        for (int i = 0; i < millis.length; i++) {
            Step step = Step.values()[(round + i) % millis.length];
            millis[step.ordinal()] = millis(step);
        }
        return millis;
    }

    private double millis(Step step) throws IOException {
        Path features = Files.createTempDirectory("thaw-lesson");
        List<Long> times = new ArrayList<>();
        try (TaskLearner on = TaskLearner.pretrained(subject.network(), subject.task(1, IMAGES), 1)) {
            on.learner().granularity(Granularity.COARSE).settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL))
                    .precompute(new Precompute(step.cached, features)).addListener(new TrainingListener() {
                        private long last;

                        @Override
                        public void onBatch(BatchResult batch) {
                            long now = System.nanoTime();
                            // The first step of an epoch waits for the epoch's start, and the first epoch warms up.
                            if (batch.batch() > 1 && batch.epoch() > 1) {
                                times.add(now - last);
                            }
                            last = now;
                        }
                    });
            on.run(new TrainingPhase("time", EPOCHS, ScheduleRecipe.of("constant"), LearningRates.of(step.rate)).freezeTo(step.freezeTo));
        } finally {
            delete(features);
        }
        return StatUtils.percentile(times.stream().mapToDouble(nanos -> nanos / 1e6).toArray(), 50);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        lab.measureAlone(IntStream.range(0, ROUNDS).mapToObj(round -> new Trial(key(round), () -> round(round))).toList());
        double[][] millis = new double[Step.values().length][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            double[] of = lab.get(key(round));
            for (int s = 0; s < of.length; s++) {
                millis[s][round] = of[s];
            }
        }
        PairedDifference low = longer(millis, Step.LOW);
        List<Claim> claims = List.of(
                Claim.above(MARGIN, "a low rate takes longer, by more than 2 % a step", times(millis, Step.LOW, Step.HIGH), low,
                        Unit.PERCENT),
                shorter(MARGIN, "freezing the early layers makes a step shorter, by more than 2 %", millis, Step.FROZEN),
                shorter(0.5, "training the head alone takes less than half of the time", millis, Step.HEAD),
                shorter(1 - CACHED_SHARE, "on cached features a step takes less than a tenth", millis, Step.CACHED));
        String summary = String.format(Locale.ROOT, "A step at 1e-7 differs by %s from one at 0.1 (95 %% interval %s). It is"
                + " %.1f times as fast with early layers frozen, %.1f times with all but the head frozen, and %.0f times on cached"
                + " features.", claims.get(0).difference(), Claim.interval(low, Unit.PERCENT), times(millis, Step.FROZEN),
                times(millis, Step.HEAD), times(millis, Step.CACHED));
        return new Answer(summary, done(), claims, figures(millis), json(millis));
    }

    /** How much longer a step takes than one of all layers at 0.1, as a share of it, paired by round. */
    private static PairedDifference longer(double[][] millis, Step step) {
        double[] ratios = IntStream.range(0, ROUNDS).mapToDouble(r -> millis[step.ordinal()][r] / millis[Step.HIGH.ordinal()][r]).toArray();
        double[] ones = new double[ROUNDS];
        Arrays.fill(ones, 1);
        return PairedDifference.of(ratios, ones);
    }

    private static Claim shorter(double by, String claim, double[][] millis, Step step) {
        PairedDifference longer = longer(millis, step);
        return Claim.above(by, claim, times(millis, step, Step.HIGH), new PairedDifference(-longer.mean(), -longer.high(), -longer.low(),
                longer.p()), Unit.PERCENT);
    }

    private static String times(double[][] millis, Step a, Step b) {
        return String.format(Locale.ROOT, "%s %.2f ms, %s %.2f ms", a.label, StatUtils.mean(millis[a.ordinal()]), b.label,
                StatUtils.mean(millis[b.ordinal()]));
    }

    private static double times(double[][] millis, Step step) {
        return StatUtils.mean(millis[Step.HIGH.ordinal()]) / StatUtils.mean(millis[step.ordinal()]);
    }

    private String done() {
        return "<p>Steps of " + TaskLearner.BATCH + " images of " + subject.network().transforms().size() + " pixels on one thread, with"
                + " nothing beside them, in " + ROUNDS + " rounds with each kind of step; the order turns from round to round. A round’s"
                + " number is the median over its steps after a first epoch; differences are paired by round, as a share of the time of all"
                + " layers at 0.1. Frozen layers normalise by their stored statistics. The rate is a factor in the update: it does not change how much is computed. Cached features: the"
                + " frozen body’s outputs, computed once before the first step, whose time is not in these.</p>\n";
    }

    private static String figures(double[][] millis) {
        List<IntervalChart.Row> rows = new ArrayList<>();
        List<List<String>> table = new ArrayList<>();
        for (Step step : Step.values()) {
            double[] of = millis[step.ordinal()];
            double middle = StatUtils.percentile(of, 50);
            rows.add(new IntervalChart.Row(step.label, StatUtils.min(of), middle, StatUtils.max(of)));
            table.add(List.of(step.label, milli(middle), milli(StatUtils.min(of)), milli(StatUtils.max(of)),
                    step == Step.HIGH ? "–" : Claim.interval(longer(millis, step), Unit.PERCENT)));
        }
        return "<div class=\"charts\">" + Html.figure("Time of a step", new IntervalChart("milliseconds", rows).html(),
                "A dot is the median over the rounds; its line reaches from the shortest to the longest.") + "</div>\n"
                + Html.table(List.of("step", "median, ms", "shortest", "longest", "longer than at 0.1, 95 % interval"), table);
    }

    private static String milli(double millis) {
        return String.format(Locale.ROOT, "%.2f", millis);
    }

    private static ObjectNode json(double[][] millis) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode steps = json.putArray("steps");
        for (Step step : Step.values()) {
            ObjectNode one = steps.addObject().put("step", step.label);
            Arrays.stream(millis[step.ordinal()]).forEach(one.withArray("milliseconds")::add);
        }
        return json;
    }
}
