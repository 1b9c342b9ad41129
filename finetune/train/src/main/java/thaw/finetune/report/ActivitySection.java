package thaw.finetune.report;

import static thaw.finetune.report.LineChart.Scale.LINEAR;
import static thaw.finetune.report.LineChart.Scale.LOG;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.diagnostics.GroupResilience;

/** The report's charts of each layer group's measurements by epoch, with explanations. */
record ActivitySection(Report report) {
    String html() {
        return "<div class=\"charts\">\n"
                + figure("Gradient norm", LOG, GroupActivity::gradNorm, List.of(), "The Euclidean norm of the loss’s gradient"
                        + " with respect to the group’s weights, averaged over steps, before clipping. It should decrease or stay"
                        + " constant. A jump by factors of ten means that the learning rate is too high or that a batch is unusual. The"
                        + " size of a step also depends on the learning rate.")
                + figure("Mean learning rate", LOG, GroupActivity::learningRate, List.of(), "The mean over the epoch’s measured"
                        + " steps, with the share that the rule gives the group, if there is one.")
                + figure("Update ratio", LOG, GroupActivity::updateRatio, limit(), "The change of the weights in one step,"
                        + " relative to their norm: ‖Δw‖ / ‖w‖, mean over the epoch. At 1e-3, a thousand steps in one direction change a"
                        + " group completely; far below 1e-6 training has practically no effect. " + overLimit())
                + figure("Distance from the start", LOG, GroupActivity::relativeDistance, List.of(), "The distance of the"
                        + " weights from those at the start of the run, relative to their norm: ‖w − w₀‖ / ‖w₀‖. 0 means unchanged; 1"
                        + " means that the change is as large as the initial weights. Steps in opposite directions cancel out: a large"
                        + " update ratio with a small distance means that the weights oscillate.")
                + figure("Feature similarity (CKA)", LINEAR, GroupActivity::similarity, List.of(), "The similarity of the"
                        + " group’s output for a fixed set of images now and with the weights at the start of the run, measured by linear"
                        + " CKA: 1 means equal up to rotation and scale. Batch norm uses the statistics of these images both times, so"
                        + " that only weights count. It does not tell adaptation from damage; the table below does. Drift propagates:"
                        + " an unchanged group also decreases when earlier groups change.")
                + "</div>\n" + resilience();
    }

    private String overLimit() {
        double limit = report.training().diagnostics().updateRatioLimit();
        List<String> over = IntStream.range(0, report.groups().size() - 1).filter(g -> report.epochs().stream()
                .anyMatch(epoch -> g < epoch.activity().size() && epoch.activity().get(g).updateRatio() > limit))
                .mapToObj(g -> Html.text(report.names().get(g))).toList();
        return "The dotted line is the limit of " + Numbers.compact(limit) + " above which steps overwrite pretrained features: "
                + (over.isEmpty() ? "no group but the head exceeds it." : String.join(", ", over) + " exceeded it.");
    }

    private String resilience() {
        if (report.results().resilience().isEmpty() || report.results().interpretation().isEmpty()) {
            return "";
        }
        double accuracy = report.results().interpretation().get().evaluation().accuracy();
        List<List<String>> rows = new ArrayList<>();
        for (GroupResilience group : report.results().resilience()) {
            rows.add(List.of(Html.text(group.group()), Numbers.percent(group.rewound()),
                    Double.isNaN(group.rewound()) ? "" : Numbers.points(group.rewound() - accuracy), Numbers.percent(group.noisy()),
                    Numbers.points(group.noisy() - accuracy)));
        }
        GroupResilience most = report.results().resilience().stream().filter(group -> !Double.isNaN(group.rewound()))
                .min(Comparator.comparingDouble(GroupResilience::rewound)).orElse(report.results().resilience().get(0));
        return "<h3>What each group’s training brought</h3>\n"
                + Html.table(List.of("group", "accuracy, rewound", "points", "accuracy, with noise", "points"), rows)
                + "<p class=\"quiet\">Rewound: the accuracy, " + Numbers.percent(accuracy) + " as trained, when this group’s weights alone"
                + " are put back to those at the start of the run. The change is greatest for " + Html.text(most.group())
                + ". With noise: when noise of " + Numbers.percent(GroupResilience.NOISE) + " of their size is added to this group’s"
                + " weights alone; a group that keeps its accuracy has room for larger steps.</p>\n";
    }

    private List<LineChart.Series> limit() {
        double limit = report.training().diagnostics().updateRatioLimit();
        return List.of(new LineChart.Series("limit for pretrained groups", new double[] {0, report.epochs().size()},
                new double[] {limit, limit}));
    }

    private String figure(String title, LineChart.Scale scale, ToDoubleFunction<GroupActivity> value, List<LineChart.Series> references,
            String howToRead) {
        List<LineChart.Series> lines = new ArrayList<>();
        int epochs = report.epochs().size();
        for (int g = 0; g < report.groups().size(); g++) {
            double[] x = new double[epochs];
            double[] y = new double[epochs];
            for (int e = 0; e < epochs; e++) {
                List<GroupActivity> activity = report.epochs().get(e).activity();
                x[e] = e + 1;
                y[e] = g < activity.size() ? value.applyAsDouble(activity.get(g)) : Double.NaN;
            }
            lines.add(new LineChart.Series(report.names().get(g), x, y));
        }
        LineChart chart = LineChart.byEpoch(report, new LineChart.Axis(title, scale, List.of()), lines, references);
        return chart.isEmpty() ? "" : Html.figure(title, chart.html(), howToRead);
    }
}
