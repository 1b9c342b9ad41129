package thaw.finetune.report;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;

/**
 * A chart of intervals as SVG: a row for each, with its middle as a dot, and a vertical line at 0.
 *
 * @param xLabel the name of the axis, with its unit
 */
public record IntervalChart(String xLabel, List<Row> rows) {

    private static final int WIDTH = 480;
    private static final int LEFT = 205;
    private static final int RIGHT = 14;
    private static final int ROW = 24;
    private static final int BOTTOM = 44;
    private static final int TICKS = 5;
    private static final int HUE = 222;

    /**
     * An interval.
     *
     * @param low  its lower end; NaN if only the middle is known
     * @param high its upper end
     */
    public record Row(String label, double low, double middle, double high) {
    }

    /** Copies the list. */
    public IntervalChart {
        rows = List.copyOf(rows);
    }

    /** The chart as an SVG element. */
    public String html() {
        double[] ends = DoubleStream.concat(DoubleStream.of(0), rows.stream().flatMapToDouble(row -> DoubleStream.of(row.low, row.middle,
                row.high))).filter(Double::isFinite).toArray();
        Ticks axis = Ticks.linear(DoubleStream.of(ends).min().orElse(0), DoubleStream.of(ends).max().orElse(1), TICKS, false);
        DoubleUnaryOperator x = value -> LEFT + (value - axis.from()) / (axis.to() - axis.from()) * (WIDTH - LEFT - RIGHT);
        int bottom = 8 + rows.size() * ROW;
        StringBuilder svg = new StringBuilder("<svg viewBox=\"0 0 " + WIDTH + " " + (bottom + BOTTOM) + "\" role=\"img\">\n");
        for (int i = 0; i < axis.at().size(); i++) {
            double at = x.applyAsDouble(axis.at().get(i));
            svg.append(Svg.line("grid", at, 8, at, bottom)).append(Svg.text("middle", at, bottom + 18, axis.labels().get(i)));
        }
        svg.append(Svg.line("mark", x.applyAsDouble(0), 8, x.applyAsDouble(0), bottom));
        for (int i = 0; i < rows.size(); i++) {
            svg.append(row(rows.get(i), 8 + i * ROW + ROW / 2.0, x));
        }
        return svg.append(Svg.text("middle", (LEFT + WIDTH - RIGHT) / 2.0, bottom + 38, xLabel)).append("</svg>\n").toString();
    }

    private static String row(Row row, double y, DoubleUnaryOperator x) {
        String ends = Double.isFinite(row.low) ? String.format(Locale.ROOT, "<path d=\"M%.1f %.1fH%.1f\"/>", x.applyAsDouble(row.low), y,
                x.applyAsDouble(row.high)) : "";
        return Svg.text("end", LEFT - 8, y + 4, row.label) + "<g class=\"line\" style=\"--h:" + HUE + "\">" + ends
                + String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>", x.applyAsDouble(row.middle), y)
                + Html.text(row.label + ": " + Numbers.compact(row.middle) + (ends.isEmpty() ? ""
                        : " (" + Numbers.compact(row.low) + " to " + Numbers.compact(row.high) + ")"))
                + "</title></circle></g>\n";
    }
}
