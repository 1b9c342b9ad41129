package thaw.finetune.report;

import static thaw.finetune.report.LineChart.Scale.LINEAR;
import static thaw.finetune.report.LineChart.Scale.LOG;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thaw.engine.optim.Schedule;
import thaw.finetune.evaluate.ClassCount;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.EpochResult;
import thaw.finetune.metrics.Metric;

/** The report's charts of losses, metrics and schedules. */
record TrainingSection(Report report) {
    /** The metrics in the chart; the others, which are nearly equal or of another scale, are only in the table. */
    private static final Set<String> PLOTTED = Stream.of(Metric.ACCURACY, Metric.ROC_AUC, Metric.KAPPA, Metric.accuracyMulti(0.5),
            Metric.f1Multi(0.5), Metric.meanAveragePrecision()).map(Metric::name).collect(Collectors.toUnmodifiableSet());

    /** The meaning of metrics, by name. */
    private static final Map<String, String> TERMS = Map.of(
            "error_rate", "1 − accuracy.",
            "precision_macro", "The share of correct ones among the images predicted as a class; mean over the classes.",
            "recall_macro", "The share of a class’s images that were found; mean over the classes.",
            "f1_macro", "The harmonic mean of precision and recall; mean over the classes.",
            "roc_auc", "The chance that an image of a class scores higher for it than one of another; 0.5 for guessing.",
            "kappa", "Accuracy corrected for chance: 0 for guessing, 1 for no mistake.",
            "ece", "Expected calibration error: the mean distance between confidence and accuracy; 0 is best.");

    /** Charts on one axis of epochs, losses above the rates by which they were reached, and the table of epochs. */
    String html() {
        if (report.epochs().isEmpty()) {
            return "<p>No epoch is completed yet.</p>\n";
        }
        List<String> names = List.copyOf(report.epochs().get(0).valid().metrics().keySet());
        return "<div class=\"charts\">\n" + losses() + metrics(names) + schedules() + "</div>\n" + table(names);
    }

    private String losses() {
        LineChart losses = LineChart.byEpoch(report, new LineChart.Axis("loss", LINEAR, List.of()), List.of(
                line("training", EpochResult::trainLoss), line("validation", epoch -> epoch.valid().loss())), List.of());
        return Html.figure("Loss", losses.html(), "The quantity that training minimises; lower is better. The validation"
                + " images are not trained on, so their line shows the performance on new images. If the training loss keeps"
                + " falling while the validation loss rises, the network overfits the training images: stop training earlier,"
                + " or use more augmentation. Its epochs are those of the learning rates below.");
    }

    private String metrics(List<String> names) {
        List<LineChart.Series> lines = names.stream().filter(PLOTTED::contains)
                .map(name -> line(name, epoch -> epoch.valid().metrics().getOrDefault(name, Double.NaN))).toList();
        if (lines.isEmpty()) {
            return "";
        }
        return Html.figure("Metrics", LineChart.byEpoch(report, new LineChart.Axis("metrics", LINEAR, List.of()), lines, baseline()).html(),
                "Metrics of the validation images after each epoch; the terms are explained below the table. The loss may rise while the"
                        + " accuracy stays constant: the network is then correct as often as before, but more confident in its mistakes."
                        + (baseline().isEmpty() ? "" : " The dotted line is the accuracy of a network that always answers the most frequent"
                                + " class."));
    }

    /** The share of the most frequent class among the validation images; empty if they are unknown, or may show several classes. */
    private List<LineChart.Series> baseline() {
        return report.results().interpretation().map(Interpretation::evaluation)
                .filter(found -> !found.predictions().labels().multiLabel() && found.total() > 0).map(found -> {
                    double share = found.classes().stream().mapToInt(ClassCount::total).max().orElseThrow() / (double) found.total();
                    return List.of(new LineChart.Series("accuracy of the most frequent class", new double[] {0, report.epochs().size()},
                            new double[] {share, share}));
                }).orElse(List.of());
    }

    private LineChart.Series line(String name, ToDoubleFunction<EpochResult> value) {
        return new LineChart.Series(name, IntStream.rangeClosed(1, report.epochs().size()).asDoubleStream().toArray(),
                report.epochs().stream().mapToDouble(value).toArray());
    }

    private String table(List<String> names) {
        List<String> header = new ArrayList<>(List.of("epoch", "phase", "train loss", "valid loss"));
        names.forEach(name -> header.add(Html.text(name).replace("_", " ")));
        header.add("seconds");
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < report.epochs().size(); i++) {
            EpochResult epoch = report.epochs().get(i);
            List<String> row = new ArrayList<>(
                    List.of((i + 1) + (i == report.results().kept() ? " (kept)" : ""), Html.text(epoch.at().phase()),
                            Numbers.compact(epoch.trainLoss()), Numbers.compact(epoch.valid().loss())));
            names.forEach(name -> row.add(Numbers.compact(epoch.valid().metrics().getOrDefault(name, Double.NaN))));
            row.add(Numbers.compact(epoch.seconds()));
            rows.add(row);
        }
        String terms = names.stream().filter(TERMS::containsKey)
                .map(name -> "<dt>" + Html.text(name).replace("_", " ") + "</dt><dd>" + TERMS.get(name) + "</dd>\n")
                .collect(Collectors.joining());
        return Html.table(header, rows) + (terms.isEmpty() ? "" : "<dl class=\"quiet\">\n" + terms + "</dl>\n");
    }

    /** Learning rates and momentum, computed from the plan: they are functions of the step alone, so training records none. */
    private String schedules() {
        int groups = report.groups().size();
        int epochsLeft = report.epochs().size();
        List<double[]> rates = new ArrayList<>();
        List<Double> momenta = new ArrayList<>();
        double momentum = report.training().fit().optimizer() instanceof OptimizerRecipe recipe ? recipe.momentum() : Double.NaN;
        for (TrainingPhase phase : report.plan()) {
            int epochs = Math.min(epochsLeft, phase.epochs());
            epochsLeft -= epochs;
            Schedule schedule = phase.schedule().of(phase.epochs(), report.stepsPerEpoch());
            List<Double> base = phase.rates().forGroups(report.names());
            for (int step = 0; step < epochs * report.stepsPerEpoch(); step++) {
                int first = phase.firstTrainable(groups, step / report.stepsPerEpoch());
                double[] now = new double[groups];
                for (int g = 0; g < groups; g++) {
                    now[g] = g < first ? Double.NaN : schedule.lr(step, base.get(g));
                }
                rates.add(now);
                momenta.add(schedule.momentum(step, momentum));
            }
        }
        double[] x = IntStream.range(0, rates.size()).mapToDouble(step -> (step + 1.0) / report.stepsPerEpoch()).toArray();
        List<LineChart.Series> lines = IntStream.range(0, groups).mapToObj(g -> new LineChart.Series(report.names().get(g), x,
                rates.stream().mapToDouble(now -> now[g]).toArray())).toList();
        LineChart rateChart = LineChart.byEpoch(report, new LineChart.Axis("learning rate", LOG, List.of()), lines, List.of());
        LineChart momentumChart = LineChart.byEpoch(report, new LineChart.Axis("momentum", LINEAR, List.of()), List.of(
                new LineChart.Series("all groups", x, momenta.stream().mapToDouble(Double::doubleValue).toArray())), List.of());
        return Html.figure("Learning rate of each group", rateChart.html(), "The factor that scales gradients to steps, at each of the "
                + Numbers.grouped(rates.size()) + " steps"
                + (report.plan().stream().anyMatch(phase -> phase.rates().isAuto())
                        ? ", before the rule’s share for each group" : "")
                + ". The axis is logarithmic, so parallel lines have a constant ratio: the schedule scales all groups alike. A"
                + " group without a line is frozen at that step. " + course(rates))
                + Html.figure("Momentum", momentumChart.html(), "The share of the last step that is added to the next; equal for all"
                        + " groups. " + momentum(momenta, rates));
    }

    /** How the last group's rate moves. */
    private static String course(List<double[]> rates) {
        double[] last = rates.stream().mapToDouble(now -> now[now.length - 1]).toArray();
        int rises = 0;
        boolean rising = false;
        for (int i = 1; i < last.length; i++) {
            boolean up = last[i] > last[i - 1];
            rises += up && !rising ? 1 : 0;
            rising = last[i] == last[i - 1] ? rising : up;
        }
        double lowest = Arrays.stream(last).min().orElseThrow();
        double highest = Arrays.stream(last).max().orElseThrow();
        if (lowest == highest) {
            return "The rate of the last group is " + Numbers.compact(highest) + " at every step.";
        }
        return "The rate of the last group begins at " + Numbers.compact(last[0]) + ", is between " + Numbers.compact(lowest)
                + " and " + Numbers.compact(highest) + ", "
                + (rises == 0 ? "never rises" : "rises " + (rises == 1 ? "once" : rises + " times")) + " and ends at "
                + Numbers.compact(last[last.length - 1]) + ".";
    }

    private static String momentum(List<Double> momenta, List<double[]> rates) {
        double lowest = momenta.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        double highest = momenta.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        if (!(lowest < highest)) {
            return Double.isNaN(lowest) ? "" : "It is " + Numbers.compact(highest) + " at every step.";
        }
        double[] last = rates.stream().mapToDouble(now -> now[now.length - 1]).toArray();
        int peak = IntStream.range(0, last.length).reduce((a, b) -> last[b] > last[a] ? b : a).orElseThrow();
        return "It is between " + Numbers.compact(lowest) + " and " + Numbers.compact(highest) + ", and "
                + Numbers.compact(momenta.get(peak)) + " where the learning rate is highest.";
    }
}
