package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;

/**
 * A line chart as SVG, with a legend in HTML above it. Colours are given as hues; the style sheet sets their lightness for light
 * and dark mode.
 *
 * @param whole  whether the x axis has integers only, such as epochs
 * @param log    whether the y axis is logarithmic; values that are not positive are then left out
 * @param yEnds  values that the y axis must include; may be empty
 * @param marks  vertical lines
 */
public record LineChart(String xLabel, boolean whole, boolean log, List<Double> yEnds, List<Series> series, List<Mark> marks) {

    private static final int COLD = 222;
    private static final int WARM = 12;
    private static final int WIDTH = 480;
    private static final int HEIGHT = 250;
    private static final int LEFT = 52;
    private static final int RIGHT = 14;
    private static final int TOP = 20;
    private static final int BOTTOM = 44;
    private static final int COARSE = 5;
    private static final int FINE = 8;
    /** The largest number of points that are drawn as dots; each dot has its value as a tooltip. */
    private static final int MOST_DOTS = 40;
    private static final int MOST_POINTS = 400;

    /**
     * A line.
     *
     * @param hue    hue of its colour, in degrees
     * @param dashed whether it is a reference line, which is dashed and has no dots
     * @param x      coordinates of its points, ascending
     * @param y      likewise; NaN breaks the line
     */
    public record Series(String name, int hue, boolean dashed, double[] x, double[] y) {
    }

    /** A labelled vertical line, where for instance a phase begins. */
    public record Mark(double x, String label) {
    }

    /** A chart over a run's epochs, with a mark before the first epoch of each later phase. */
    static LineChart byEpoch(Report report, boolean log, List<Series> lines) {
        List<Mark> marks = new ArrayList<>();
        for (int i = 1; i < report.epochs().size(); i++) {
            String phase = report.epochs().get(i).at().phase();
            if (!phase.equals(report.epochs().get(i - 1).at().phase())) {
                marks.add(new Mark(i + 0.5, phase));
            }
        }
        return new LineChart("epoch", true, log, List.of(), lines, marks);
    }

    /** The hue, in degrees, of item {@code index} of {@code count} ordered ones such as layer groups, from cold to warm. */
    public static int hue(int index, int count) {
        return count == 1 ? COLD : Math.round(COLD + (WARM - COLD) * (float) index / (count - 1));
    }

    /** Whether any line has a point. */
    boolean isEmpty() {
        return series.stream().noneMatch(s -> DoubleStream.of(s.y).anyMatch(this::isShown));
    }

    private boolean isShown(double y) {
        return Double.isFinite(y) && (!log || y > 0);
    }

    /** The legend, and the chart as an SVG element. */
    public String html() {
        Ticks xAxis = xAxis();
        Ticks yAxis = yAxis();
        DoubleUnaryOperator toX = x -> LEFT + (x - xAxis.from()) / (xAxis.to() - xAxis.from()) * (WIDTH - LEFT - RIGHT);
        DoubleUnaryOperator toY = y -> HEIGHT - BOTTOM - share(y, yAxis) * (HEIGHT - TOP - BOTTOM);
        StringBuilder html = new StringBuilder("<ul class=\"legend\">");
        for (Series line : series) {
            html.append("<li style=\"--h:").append(line.hue).append("\"").append(line.dashed ? " class=\"dashed\"" : "").append(">")
                    .append(Html.text(line.name)).append("</li>");
        }
        html.append("</ul>\n<svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT).append("\" role=\"img\">\n");
        grid(html, xAxis, yAxis, toX, toY);
        for (Mark mark : marks) {
            double at = toX.applyAsDouble(mark.x);
            html.append(line("mark", at, TOP - 4, at, HEIGHT - BOTTOM)).append(label("start", at + 4, TOP - 8, mark.label));
        }
        series.forEach(s -> draw(html, s, toX, toY));
        return html.append("</svg>\n").toString();
    }

    private Ticks xAxis() {
        double[] all = series.stream().flatMapToDouble(s -> DoubleStream.of(s.x)).toArray();
        double from = DoubleStream.of(all).min().orElse(0);
        double to = DoubleStream.of(all).max().orElse(1);
        return Ticks.linear(from, to, FINE, whole);
    }

    private Ticks yAxis() {
        double[] all = DoubleStream.concat(series.stream().flatMapToDouble(s -> DoubleStream.of(s.y)),
                yEnds.stream().mapToDouble(Double::doubleValue)).filter(this::isShown).toArray();
        double from = DoubleStream.of(all).min().orElse(log ? 0.1 : 0);
        double to = DoubleStream.of(all).max().orElse(1);
        return log ? Ticks.log(from, to) : Ticks.linear(from, to, COARSE, false);
    }

    private double share(double y, Ticks axis) {
        return log ? Math.log(y / axis.from()) / Math.log(axis.to() / axis.from())
                : (y - axis.from()) / (axis.to() - axis.from());
    }

    private void grid(StringBuilder html, Ticks xAxis, Ticks yAxis, DoubleUnaryOperator toX, DoubleUnaryOperator toY) {
        for (int i = 0; i < yAxis.at().size(); i++) {
            double y = toY.applyAsDouble(yAxis.at().get(i));
            html.append(line("grid", LEFT, y, WIDTH - RIGHT, y)).append(label("end", LEFT - 6, y + 4, yAxis.labels().get(i)));
        }
        for (int i = 0; i < xAxis.at().size(); i++) {
            double x = toX.applyAsDouble(xAxis.at().get(i));
            html.append(line("grid", x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 4));
            html.append(label("middle", x, HEIGHT - BOTTOM + 18, xAxis.labels().get(i)));
        }
        html.append(label("middle", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 6, xLabel));
    }

    private void draw(StringBuilder html, Series s, DoubleUnaryOperator toX, DoubleUnaryOperator toY) {
        StringBuilder path = new StringBuilder();
        List<String> dots = new ArrayList<>();
        int points = Math.min(s.x.length, MOST_POINTS);
        boolean begun = false;
        for (int k = 0; k < points; k++) {
            // Spread evenly from the first point to the last.
            int i = points == 1 ? 0 : (int) ((long) k * (s.x.length - 1) / (points - 1));
            begun &= isShown(s.y[i]);
            if (isShown(s.y[i])) {
                double x = toX.applyAsDouble(s.x[i]);
                double y = toY.applyAsDouble(s.y[i]);
                path.append(begun ? 'L' : 'M').append(format(x)).append(' ').append(format(y));
                begun = true;
                dots.add("<circle cx=\"" + format(x) + "\" cy=\"" + format(y) + "\" r=\"3.5\"><title>" + Html.text(s.name + ", "
                        + xLabel + " " + Numbers.compact(s.x[i]) + ": " + Numbers.compact(s.y[i])) + "</title></circle>");
            }
        }
        html.append("<g class=\"line").append(s.dashed ? " dashed" : "").append("\" style=\"--h:").append(s.hue).append("\">")
                .append("<path d=\"").append(path).append("\"/>");
        if (!s.dashed && dots.size() <= MOST_DOTS) {
            dots.forEach(html::append);
        }
        html.append("</g>\n");
    }

    private static String line(String kind, double x1, double y1, double x2, double y2) {
        return "<line class=\"" + kind + "\" x1=\"" + format(x1) + "\" y1=\"" + format(y1) + "\" x2=\"" + format(x2) + "\" y2=\""
                + format(y2) + "\"/>";
    }

    private static String label(String anchor, double x, double y, String text) {
        return "<text text-anchor=\"" + anchor + "\" x=\"" + format(x) + "\" y=\"" + format(y) + "\">" + Html.text(text)
                + "</text>\n";
    }

    private static String format(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
