package thaw.finetune.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thaw.engine.optim.Schedule;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.EpochResult;
import thaw.finetune.metrics.Metric;

/** The report's charts of losses, metrics and schedules. */
final class TrainingSection {
    private static final int TRAIN_HUE = 210;
    private static final int VALID_HUE = 18;
    /** The metrics in the chart; the others, which are nearly equal or of another scale, are only in the table. */
    private static final Set<String> PLOTTED = Stream.of(Metric.ACCURACY, Metric.ROC_AUC, Metric.KAPPA, Metric.accuracyMulti(0.5),
            Metric.f1Multi(0.5), Metric.meanAveragePrecision()).map(Metric::name).collect(Collectors.toUnmodifiableSet());

    private final Report report;

    TrainingSection(Report report) {
        this.report = report;
    }

    // ---- by epoch ------------------------------------------------------------------------------------------------

    String losses() {
        if (report.epochs().isEmpty()) {
            return "<p>No epoch is completed yet.</p>\n";
        }
        LineChart losses = LineChart.byEpoch(report, false, List.of(line("training", TRAIN_HUE, EpochResult::trainLoss),
                line("validation", VALID_HUE, epoch -> epoch.valid().loss())));
        StringBuilder html = new StringBuilder("<div class=\"charts\">\n");
        html.append(Html.figure("Loss", losses.html(), "The quantity that training minimises; lower is better. The validation"
                + " images are not trained on, so their line shows the performance on new images. If the training loss keeps"
                + " falling while the validation loss rises, the network overfits the training images: stop training earlier,"
                + " or use more augmentation."));
        List<String> names = List.copyOf(report.epochs().get(0).valid().metrics().keySet());
        List<String> plotted = names.stream().filter(PLOTTED::contains).toList();
        if (!plotted.isEmpty()) {
            List<LineChart.Series> lines = new ArrayList<>();
            for (int i = 0; i < plotted.size(); i++) {
                String name = plotted.get(i);
                lines.add(line(name, LineChart.hue(i, plotted.size()), epoch -> epoch.valid().metrics().getOrDefault(name, Double.NaN)));
            }
            html.append(Html.figure("Metrics", LineChart.byEpoch(report, false, lines).html(), "Metrics of the validation"
                    + " images after each epoch. In the table, roc_auc is the chance that an image of a class scores higher for"
                    + " it than one of another; kappa is accuracy corrected for chance, 0 for guessing and 1 for no mistake; ece,"
                    + " the expected calibration error, is the mean distance between confidence and accuracy. The loss may rise while the accuracy stays constant: the network is then"
                    + " correct as often as before, but more confident in its mistakes."));
        }
        return html.append("</div>\n").append(table(names)).toString();
    }

    private LineChart.Series line(String name, int hue, ToDoubleFunction<EpochResult> value) {
        return new LineChart.Series(name, hue, false, IntStream.rangeClosed(1, report.epochs().size()).asDoubleStream().toArray(),
                report.epochs().stream().mapToDouble(value).toArray());
    }

    private String table(List<String> names) {
        List<String> header = new ArrayList<>(List.of("epoch", "phase", "train loss", "valid loss"));
        names.forEach(name -> header.add(Html.text(name)));
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
        return Html.table(header, rows);
    }

    // ---- by step -------------------------------------------------------------------------------------------------

    /** Learning rates and momentum, computed from the plan: they are functions of the step alone, so training records none. */
    String schedules() {
        int groups = report.groups().size();
        int steps = 0;
        int epochsLeft = report.epochs().size();
        List<LineChart.Mark> marks = new ArrayList<>();
        List<double[]> rates = new ArrayList<>();
        List<Double> momenta = new ArrayList<>();
        double momentum = report.training().fit().optimizer() instanceof OptimizerRecipe recipe ? recipe.momentum() : Double.NaN;
        for (TrainingPhase phase : report.plan()) {
            int epochs = Math.min(epochsLeft, phase.epochs());
            epochsLeft -= epochs;
            if (epochs > 0 && steps > 0) {
                marks.add(new LineChart.Mark(steps + 0.5, phase.name()));
            }
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
                steps++;
            }
        }
        if (steps == 0) {
            return "<p>No epoch is completed yet.</p>\n";
        }
        double[] x = IntStream.rangeClosed(1, steps).asDoubleStream().toArray();
        List<LineChart.Series> lines = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            int group = g;
            lines.add(new LineChart.Series(report.names().get(g), LineChart.hue(g, groups), false, x,
                    rates.stream().mapToDouble(now -> now[group]).toArray()));
        }
        LineChart momentumChart = new LineChart("step", true, false, List.of(), List.of(new LineChart.Series("all groups", TRAIN_HUE, false,
                x, momenta.stream().mapToDouble(Double::doubleValue).toArray())), marks);
        return "<div class=\"charts\">\n" + Html.figure("Learning rate of each group",
                new LineChart("step", true, true, List.of(), lines, marks).html(), "The factor that scales gradients to steps"
                        + (report.plan().stream().anyMatch(phase -> phase.rates().isAuto())
                                ? ", before the rule’s share for each group" : "")
                        + ". The axis is logarithmic, so parallel lines have a constant ratio: the schedule scales all groups alike. A"
                        + " group without a line is frozen at that step. " + course(rates))
                + Html.figure("Momentum", momentumChart.html(), "The share of the last step that is added to the next; equal for all"
                        + " groups. " + momentum(momenta, rates))
                + "</div>\n";
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
