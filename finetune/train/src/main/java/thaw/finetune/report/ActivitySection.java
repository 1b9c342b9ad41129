package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import thaw.finetune.diagnostics.GroupActivity;

/** The report's charts of each layer group's measurements by epoch, with explanations. */
final class ActivitySection {
    private static final int LIMIT_HUE = 0;

    private final Report report;

    ActivitySection(Report report) {
        this.report = report;
    }

    String html() {
        return "<div class=\"charts\">\n"
                + figure("Gradient norm", true, GroupActivity::gradNorm, List.of(), "The Euclidean norm of the loss’s gradient"
                        + " with respect to the group’s weights, averaged over steps, before clipping. It should decrease or stay"
                        + " constant. A jump by factors of ten means that the learning rate is too high or that a batch is unusual. The"
                        + " size of a step also depends on the learning rate.")
                + figure("Update ratio", true, GroupActivity::updateRatio, limit(), "The change of the weights in one step,"
                        + " relative to their norm: ‖Δw‖ / ‖w‖. At 1e-3, a thousand steps can change a group completely. A new head"
                        + " learns well at about this value; pretrained groups should be well below it, and earlier groups lower than"
                        + " later ones. Above the dashed line a pretrained group loses its features; far below 1e-6 training has"
                        + " practically no effect.")
                + figure("Distance from the start", true, GroupActivity::relativeDistance, List.of(), "The distance of the"
                        + " weights from those at the start of the run, relative to their norm: ‖w − w₀‖ / ‖w₀‖. 0 means unchanged; 1"
                        + " means that the change is as large as the initial weights. Steps in opposite directions cancel out: a large"
                        + " update ratio with a small distance means that the weights oscillate.")
                + figure("Feature similarity (CKA)", false, GroupActivity::similarity, List.of(), "The similarity of the"
                        + " group’s output for a fixed set of images now and at the start of the run, measured by linear CKA: 1 means"
                        + " equal up to rotation and scale. Early groups should stay near 1. A decrease in a late group is adaptation"
                        + " if the validation results improve, and forgetting if they do not. Drift propagates: an unchanged group also"
                        + " decreases when earlier groups change.")
                + "</div>\n";
    }

    private List<LineChart.Series> limit() {
        int epochs = report.epochs().size();
        double limit = report.diagnostics().updateRatioLimit();
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
