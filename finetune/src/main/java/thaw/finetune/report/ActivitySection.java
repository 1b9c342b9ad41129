package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import thaw.finetune.insight.GroupActivity;

/** What each layer group did in each epoch, and how to read it. */
final class ActivitySection {
    private static final int LIMIT_HUE = 0;

    private final Report report;

    ActivitySection(Report report) {
        this.report = report;
    }

    String html() {
        return "<div class=\"charts\">\n"
                + figure("Gradient norm", true, GroupActivity::gradNorm, List.of(), "How strongly the loss pulls at the group’s"
                + " weights: the length of its gradient, averaged over steps, before any clipping. It should shrink or stay level;"
                + " a jump by factors of ten says that the rate is too high or a batch is odd. A pull is no step yet: the learning"
                + " rate decides what becomes of it.")
                + figure("Update ratio", true, GroupActivity::updateRatio, limit(), "How far one step moves the weights, measured by"
                + " how large they are: ‖Δw‖ / ‖w‖. At 1e-3 a thousand steps could remake a group. Around that a new head learns"
                + " well; pretrained groups should lie well below, the earlier the lower. Above the dashed line what a pretrained"
                + " group knew is being torn up; far below 1e-6 it might as well be frozen.")
                + figure("Distance from the start", true, GroupActivity::relativeDistance, List.of(), "How far all steps together have"
                + " taken the weights from those that the run began with: ‖w − w₀‖ / ‖w₀‖. 0 is untouched, 1 is as far away as the"
                + " weights are long. Steps that point to and fro add up to little, so a large update ratio with a small distance"
                + " means that the group is shaking rather than travelling.")
                + figure("Feature similarity (CKA)", false, GroupActivity::similarity, List.of(), "Whether the group still sees the"
                + " same in a fixed handful of photographs: linear CKA between its output now and at the start, where 1 is the same"
                + " up to rotation and scale. Early groups should stay near 1. A fall in a late group is adaptation if validation"
                + " gets better with it, and forgetting if it does not. Drift is handed on: a group that never moved falls too"
                + " when those before it do.")
                + "</div>\n";
    }

    private List<LineChart.Series> limit() {
        int epochs = report.epochs().size();
        double limit = report.insight().updateRatioLimit();
        return List.of(new LineChart.Series("limit for pretrained groups", LIMIT_HUE, true, new double[] {1, Math.max(2, epochs)},
                new double[] {limit, limit}));
    }

    private String figure(String title, boolean log, ToDoubleFunction<GroupActivity> value, List<LineChart.Series> more,
            String howToRead) {
        List<LineChart.Series> lines = new ArrayList<>();
        int groups = report.groups().size();
        int epochs = report.epochs().size();
        for (int g = 0; g < groups; g++) {
            double[] x = new double[epochs];
            double[] y = new double[epochs];
            for (int e = 0; e < epochs; e++) {
                List<GroupActivity> activity = report.epochs().get(e).activity();
                x[e] = e + 1;
                y[e] = g < activity.size() ? value.applyAsDouble(activity.get(g)) : Double.NaN;
            }
            lines.add(new LineChart.Series(report.groups().get(g).name(), Hues.of(g, groups), false, x, y));
        }
        LineChart chart = LineChart.byEpoch(report, log, lines);
        if (chart.isEmpty()) {
            return "";
        }
        lines.addAll(more);
        return Html.figure(title, LineChart.byEpoch(report, log, lines).html(), howToRead);
    }
}
