package thaw.finetune.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A line from its first point to its last, thinned out where there are more than 400. */
class LineChartTest {

    private static final Pattern POINT = Pattern.compile("[ML][0-9.]+ [0-9.]+");

    @ParameterizedTest
    @ValueSource(ints = {2, 399, 400, 401, 799, 800, 10_001})
    void drawsTheFirstAndTheLastPoint(int points) {
        double[] x = IntStream.range(0, points).asDoubleStream().toArray();
        double[] y = IntStream.range(0, points).mapToDouble(i -> i / (points - 1.0)).toArray();
        List<String> drawn = points(x, y);
        // The same axes, with the two ends alone.
        List<String> ends = points(new double[] {0, points - 1}, new double[] {0, 1});
        assertEquals(Math.min(points, 400), drawn.size());
        assertEquals(ends.get(0).substring(1), drawn.get(0).substring(1));
        assertEquals(ends.get(1).substring(1), drawn.get(drawn.size() - 1).substring(1));
    }

    private static List<String> points(double[] x, double[] y) {
        String html = chart(new LineChart.Series("rate", x, y));
        int path = html.lastIndexOf("<path d=\"");
        return POINT.matcher(html.substring(path, html.indexOf('>', path))).results().map(m -> m.group()).toList();
    }

    private static String chart(LineChart.Series... lines) {
        LineChart.Axis x = new LineChart.Axis("step", LineChart.Scale.WHOLE, List.of());
        return new LineChart(x, new LineChart.Axis("rate", LineChart.Scale.LINEAR, List.of()), List.of(lines), List.of(), List.of()).html();
    }

    private static LineChart.Series line(String name, double end) {
        return new LineChart.Series(name, new double[] {0, 1}, new double[] {0, end});
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    /** A line beneath another could not be seen. The table has both. */
    @Test
    void equalLinesAreDrawnOnceWithBothNames() {
        String html = chart(line("early", 1), line("middle", 1), line("head", 2));
        assertEquals(2, count(html, "<g class=\"line"));
        assertTrue(html.contains("</svg>early, middle</li>"), html);
        assertTrue(html.contains("<th scope=\"col\">early</th><th scope=\"col\">middle</th><th scope=\"col\">head</th>"), html);
        assertTrue(html.contains("<th scope=\"row\">1</th><td>1</td><td>1</td><td>2</td>"), html);
    }

    /** Eleven lines, nine of which end at one point. */
    @Test
    void labelsAtTheLinesEndsDoNotOverlap() {
        String html = chart(IntStream.range(0, 11).mapToObj(i -> new LineChart.Series("group" + i, new double[] {0, 1, 2},
                new double[] {0, i, i == 10 ? 2 : i == 9 ? 0 : 1})).toArray(LineChart.Series[]::new));
        double[] labels = Pattern.compile("<text text-anchor=\"start\" x=\"[0-9.]+\" y=\"([0-9.]+)\">group").matcher(html).results()
                .mapToDouble(match -> Double.parseDouble(match.group(1))).sorted().toArray();
        assertEquals(11, labels.length);
        for (int i = 1; i < labels.length; i++) {
            assertTrue(labels[i] - labels[i - 1] >= 12.9, Arrays.toString(labels));
        }
        assertTrue(labels[0] > 0 && labels[10] < 250, Arrays.toString(labels));
    }
}
