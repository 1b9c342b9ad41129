package thaw.finetune.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
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
        String html = new LineChart("step", true, false, List.of(), List.of(new LineChart.Series("rate", 200, false, x, y)),
                List.of()).html();
        int path = html.lastIndexOf("<path d=\"");
        return POINT.matcher(html.substring(path, html.indexOf('>', path))).results().map(m -> m.group()).toList();
    }
}
