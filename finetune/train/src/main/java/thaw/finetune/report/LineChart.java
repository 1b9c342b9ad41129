package thaw.finetune.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A line chart as SVG, with a legend in HTML above it and its numbers as a table below. Neighbouring lines differ in hue, lightness, dashes
 * and the shape of their points; equal lines are drawn as one, with both names. The style sheet sets the colours for light and dark mode.
 *
 * @param lines      drawn in colour, in their order
 * @param references grey dotted lines to compare with, such as a limit
 * @param marks      vertical lines
 */
public record LineChart(Axis x, Axis y, List<Series> lines, List<Series> references, List<Mark> marks) {

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
    /** The largest number of points that are drawn as shapes; each has its value as a tooltip. */
    private static final int MOST_DOTS = 40;
    private static final int MOST_POINTS = 400;
    private static final int MOST_ROWS = 40;
    /** With more lines each is labelled at its end too. */
    private static final int MOST_UNLABELLED = 4;
    private static final int LABEL_HEIGHT = 13;
    private static final int LABEL_WIDTH = 7;
    private static final int LONGEST_LABEL = 14;
    /** A circle, a square, a triangle and a diamond around the origin. */
    private static final List<String> SHAPES = List.of("m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0", "m-3.2 -3.2h6.4v6.4h-6.4z",
            "m0 -4.2l4 7.2h-8z", "m0 -4.6l4.6 4.6l-4.6 4.6l-4.6 -4.6z");

    /** The numbers of an axis. */
    public enum Scale {
        /** Integers only, such as epochs. */
        WHOLE,
        /** Any numbers. */
        LINEAR,
        /** Positive ones on a logarithmic axis; others are left out. */
        LOG
    }

    /**
     * An axis.
     *
     * @param label what it shows
     * @param ends  values that it must include; may be empty
     */
    public record Axis(String label, Scale scale, List<Double> ends) {

        private boolean shows(double value) {
            return Double.isFinite(value) && (scale != Scale.LOG || value > 0);
        }

        private Ticks ticks(DoubleStream values, int count) {
            double[] all = DoubleStream.concat(values, ends.stream().mapToDouble(Double::doubleValue)).filter(this::shows).toArray();
            double from = DoubleStream.of(all).min().orElse(scale == Scale.LOG ? 0.1 : 0);
            double to = DoubleStream.of(all).max().orElse(1);
            return scale == Scale.LOG ? Ticks.log(from, to) : Ticks.linear(from, to, count, scale == Scale.WHOLE);
        }

        private double share(double value, Ticks ticks) {
            return scale == Scale.LOG ? Math.log(value / ticks.from()) / Math.log(ticks.to() / ticks.from())
                    : (value - ticks.from()) / (ticks.to() - ticks.from());
        }
    }

    /**
     * A line.
     *
     * @param x coordinates of its points, ascending
     * @param y likewise; NaN breaks the line
     */
    public record Series(String name, double[] x, double[] y) {
    }

    /** A labelled vertical line, where for instance a phase begins. */
    public record Mark(double x, String label) {
    }

    /** A line's last point, and where its label stands. */
    private record End(int line, double y, double labelY) {
    }

    /** A chart over a run's epochs: a number at 1 was measured at the end of the first. Marks are the ends of phases but the last. */
    static LineChart byEpoch(Report report, Axis y, List<Series> lines, List<Series> references) {
        List<Mark> marks = new ArrayList<>();
        for (int i = 1; i < report.epochs().size(); i++) {
            String phase = report.epochs().get(i).at().phase();
            if (!phase.equals(report.epochs().get(i - 1).at().phase())) {
                marks.add(new Mark(i, phase));
            }
        }
        return new LineChart(new Axis("epoch", Scale.WHOLE, List.of(0.0, (double) report.epochs().size())), y, lines, references, marks);
    }

    /** Whether any line has a point. */
    boolean isEmpty() {
        return lines.stream().noneMatch(line -> DoubleStream.of(line.y).anyMatch(y::shows));
    }

    /** The legend, the chart as an SVG element, and the table. */
    public String html() {
        List<Series> drawn = distinct();
        int margin = drawn.size() <= MOST_UNLABELLED ? RIGHT : RIGHT + LABEL_WIDTH * drawn.stream().mapToInt(line -> shortName(line)
                .length()).max().orElse(0);
        Ticks xAxis = x.ticks(all().flatMapToDouble(line -> DoubleStream.of(line.x)), FINE);
        Ticks yAxis = y.ticks(all().flatMapToDouble(line -> DoubleStream.of(line.y)), COARSE);
        DoubleUnaryOperator toX = value -> LEFT + x.share(value, xAxis) * (WIDTH - LEFT - margin);
        DoubleUnaryOperator toY = value -> HEIGHT - BOTTOM - y.share(value, yAxis) * (HEIGHT - TOP - BOTTOM);
        StringBuilder html = new StringBuilder("<ul class=\"legend\">");
        for (int i = 0; i < drawn.size(); i++) {
            html.append("<li ").append(style(i, drawn.size()))
                    .append("><svg viewBox=\"0 0 30 12\" aria-hidden=\"true\"><path d=\"M0 6H30\"/>")
                    .append(shape(i, 15, 6)).append("/></svg>").append(Html.text(drawn.get(i).name)).append("</li>");
        }
        references.forEach(line -> html.append("<li class=\"line reference\"><svg viewBox=\"0 0 30 12\" aria-hidden=\"true\">"
                + "<path d=\"M0 6H30\"/></svg>").append(Html.text(line.name)).append("</li>"));
        html.append("</ul>\n<svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT).append("\" role=\"img\" aria-label=\"")
                .append(Html.text(y.label + " by " + x.label + ", as in the table below")).append("\">\n");
        grid(html, xAxis, yAxis, toX, toY, WIDTH - margin);
        for (Mark mark : marks) {
            double at = toX.applyAsDouble(mark.x);
            html.append(Svg.line("mark", at, TOP - 4, at, HEIGHT - BOTTOM)).append(Svg.text("start", at + 4, TOP - 8, mark.label));
        }
        references.forEach(line -> html.append("<g class=\"line reference\"><path d=\"").append(path(line, toX, toY)).append("\"/></g>\n"));
        for (int i = 0; i < drawn.size(); i++) {
            html.append("<g ").append(style(i, drawn.size())).append("><path d=\"").append(path(drawn.get(i), toX, toY)).append("\"/>")
                    .append(dots(drawn.get(i), i, toX, toY)).append("</g>\n");
        }
        if (drawn.size() > MOST_UNLABELLED) {
            ends(drawn, toY).forEach(end -> html.append("<g ").append(style(end.line, drawn.size())).append("><path class=\"leader\" d=\"M")
                    .append(Svg.number(WIDTH - margin)).append(' ').append(Svg.number(end.y)).append('L')
                    .append(Svg.number(WIDTH - margin + 6))
                    .append(' ')
                    .append(Svg.number(end.labelY)).append("\"/>")
                    .append(Svg.text("start", WIDTH - margin + 8, end.labelY + 4, shortName(drawn.get(end.line)))).append("</g>\n"));
        }
        return html.append("</svg>\n").append(table()).toString();
    }

    private Stream<Series> all() {
        return Stream.concat(lines.stream(), references.stream());
    }

    /** Equal lines as one, so that none hides another. */
    private List<Series> distinct() {
        List<List<Series>> equal = new ArrayList<>();
        for (Series line : lines) {
            equal.stream().filter(some -> Arrays.equals(some.get(0).x, line.x) && Arrays.equals(some.get(0).y, line.y)).findFirst()
                    .orElseGet(() -> {
                        equal.add(new ArrayList<>());
                        return equal.get(equal.size() - 1);
                    }).add(line);
        }
        return equal.stream().map(some -> new Series(some.size() <= 3 ? some.stream().map(Series::name).collect(Collectors.joining(", "))
                : some.get(0).name + " … " + some.get(some.size() - 1).name + " (" + some.size() + ")", some.get(0).x, some.get(0).y))
                .toList();
    }

    private static String shortName(Series line) {
        return line.name.length() <= LONGEST_LABEL ? line.name : line.name.substring(0, LONGEST_LABEL - 1) + "…";
    }

    /** The hue, in degrees, of item {@code index} of {@code count} ordered ones such as layer groups, from cold to warm. */
    public static int hue(int index, int count) {
        return count == 1 ? COLD : Math.round(COLD + (WARM - COLD) * (float) index / (count - 1));
    }

    private static String style(int index, int count) {
        return "class=\"line" + (index % 2 == 1 ? " odd" : "") + "\" style=\"--h:" + hue(index, count) + "\"";
    }

    /** The last points from top to bottom, with labels at least a line's height apart. */
    private List<End> ends(List<Series> drawn, DoubleUnaryOperator toY) {
        List<End> ends = new ArrayList<>();
        IntStream.range(0, drawn.size()).forEach(i -> DoubleStream.of(drawn.get(i).y).filter(y::shows).reduce((first, second) -> second)
                .ifPresent(last -> ends.add(new End(i, toY.applyAsDouble(last), 0))));
        ends.sort((a, b) -> Double.compare(a.y, b.y));
        double[] at = ends.stream().mapToDouble(End::y).toArray();
        for (int i = 1; i < at.length; i++) {
            at[i] = Math.max(at[i], at[i - 1] + LABEL_HEIGHT);
        }
        double bottom = HEIGHT - BOTTOM;
        for (int i = at.length - 1; i >= 0 && at[i] > bottom; i--) {
            at[i] = bottom;
            bottom -= LABEL_HEIGHT;
        }
        return IntStream.range(0, at.length).mapToObj(i -> new End(ends.get(i).line, ends.get(i).y, at[i])).toList();
    }

    private void grid(StringBuilder html, Ticks xAxis, Ticks yAxis, DoubleUnaryOperator toX, DoubleUnaryOperator toY, double right) {
        for (int i = 0; i < yAxis.at().size(); i++) {
            double at = toY.applyAsDouble(yAxis.at().get(i));
            html.append(Svg.line("grid", LEFT, at, right, at)).append(Svg.text("end", LEFT - 6, at + 4, yAxis.labels().get(i)));
        }
        for (int i = 0; i < xAxis.at().size(); i++) {
            double at = toX.applyAsDouble(xAxis.at().get(i));
            html.append(Svg.line("grid", at, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 4));
            String label = xAxis.labels().get(i);
            html.append(Svg.text("middle", Math.min(at, WIDTH - LABEL_WIDTH * label.length() / 2.0), HEIGHT - BOTTOM + 18, label));
        }
        html.append(Svg.text("middle", (LEFT + right) / 2.0, HEIGHT - 6, x.label));
    }

    /** Indices spread evenly from the first to the last, at most {@code most}. */
    private static int[] spread(int count, int most) {
        int kept = Math.min(count, most);
        return IntStream.range(0, kept).map(k -> kept == 1 ? 0 : (int) ((long) k * (count - 1) / (kept - 1))).toArray();
    }

    private String path(Series line, DoubleUnaryOperator toX, DoubleUnaryOperator toY) {
        StringBuilder path = new StringBuilder();
        boolean begun = false;
        for (int i : spread(line.x.length, MOST_POINTS)) {
            if (y.shows(line.y[i])) {
                path.append(begun ? 'L' : 'M').append(Svg.number(toX.applyAsDouble(line.x[i]))).append(' ')
                        .append(Svg.number(toY.applyAsDouble(line.y[i])));
            }
            begun = y.shows(line.y[i]);
        }
        return path.toString();
    }

    private String dots(Series line, int index, DoubleUnaryOperator toX, DoubleUnaryOperator toY) {
        return line.x.length > MOST_DOTS ? "" : IntStream.range(0, line.x.length).filter(i -> y.shows(line.y[i]))
                .mapToObj(i -> shape(index, toX.applyAsDouble(line.x[i]), toY.applyAsDouble(line.y[i])) + "><title>"
                        + Html.text(line.name + ", " + x.label + " " + Numbers.compact(line.x[i]) + ": " + Numbers.compact(line.y[i]))
                        + "</title></path>")
                .collect(Collectors.joining());
    }

    /** A path element of a line's shape, without its end. */
    private static String shape(int index, double x, double y) {
        return "<path class=\"dot\" d=\"M" + Svg.number(x) + " " + Svg.number(y) + SHAPES.get(index % SHAPES.size()) + "\"";
    }

    /** The lines' numbers at the first line's points, or some of them. */
    private String table() {
        if (lines.isEmpty()) {
            return "";
        }
        List<String> header = new ArrayList<>(List.of(Html.text(x.label)));
        lines.forEach(line -> header.add(Html.text(line.name)));
        List<List<String>> rows = new ArrayList<>();
        for (int i : spread(lines.get(0).x.length, MOST_ROWS)) {
            List<String> row = new ArrayList<>(List.of(Numbers.compact(lines.get(0).x[i])));
            lines.forEach(line -> row.add(i < line.y.length ? Numbers.compact(line.y[i]) : ""));
            rows.add(row);
        }
        return Html.details("As a table", Html.table(header, rows));
    }
}
