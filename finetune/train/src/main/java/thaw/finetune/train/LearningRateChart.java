package thaw.finetune.train;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * A chart of learning-rate sweeps: the loss over the logarithm of the rate, with a line and a dot at the valley for each
 * sweep. Not thread-safe.
 */
public final class LearningRateChart {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 480;
    private static final int LEFT = 86;
    private static final int RIGHT = 230;
    private static final int TOP = 50;
    private static final int BOTTOM = 60;
    private static final int LEGEND_ROW = 24;
    private static final int TICKS = 5;
    private static final List<Color> COLORS = List.of(new Color(0x2F7EBC), new Color(0xD9742B), new Color(0x3D9A50),
            new Color(0x9A4FA3), new Color(0xB23A48), new Color(0x6B6B6B));

    private final List<LearningRateSweep> sweeps;
    private final Graphics2D g;
    private final double logFrom;
    private final double logTo;
    private final double lossFrom;
    private final double lossTo;

    private LearningRateChart(List<LearningRateSweep> sweeps, Graphics2D g) {
        this.sweeps = sweeps;
        this.g = g;
        double[] logs = sweeps.stream().flatMap(s -> s.rates().stream()).mapToDouble(Math::log10).toArray();
        double[] losses = sweeps.stream().flatMap(s -> s.losses().subList(s.from(), s.to()).stream())
                .mapToDouble(Double::doubleValue).toArray();
        logFrom = min(logs, 0);
        logTo = Math.max(logFrom + 1, max(logs, 1));
        lossFrom = min(losses, 0);
        lossTo = Math.max(lossFrom + 1e-3, max(losses, 1));
    }

    private static double min(double[] values, double none) {
        return Arrays.stream(values).min().orElse(none);
    }

    private static double max(double[] values, double none) {
        return Arrays.stream(values).max().orElse(none);
    }

    /** Draws a chart of 900 × 480 pixels. Requires an installed font. */
    public static BufferedImage draw(List<LearningRateSweep> sweeps) {
        BufferedImage chart = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = chart.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            g.setColor(Color.WHITE);
            g.fillRect(0, 0, WIDTH, HEIGHT);
            new LearningRateChart(sweeps, g).draw();
        } finally {
            g.dispose();
        }
        return chart;
    }

    private void draw() {
        g.setColor(Color.BLACK);
        g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
        g.drawString("Smoothed loss at growing learning rates", LEFT, 28);
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        axes();
        for (int i = 0; i < sweeps.size(); i++) {
            Color color = COLORS.get(i % COLORS.size());
            line(sweeps.get(i), color);
            legend(sweeps.get(i), color, TOP + (i + 1) * LEGEND_ROW);
        }
    }

    private double x(double rate) {
        return LEFT + (Math.log10(rate) - logFrom) / (logTo - logFrom) * (WIDTH - LEFT - RIGHT);
    }

    private double y(double loss) {
        return HEIGHT - BOTTOM - (loss - lossFrom) / (lossTo - lossFrom) * (HEIGHT - TOP - BOTTOM);
    }

    private void axes() {
        for (int power = (int) Math.ceil(logFrom - 1e-9); power <= logTo + 1e-9; power++) {
            double at = x(Math.pow(10, power));
            grid(at, TOP, at, HEIGHT - BOTTOM);
            centred("1e" + power, at, HEIGHT - BOTTOM + 20);
        }
        for (int i = 0; i <= TICKS; i++) {
            double loss = lossFrom + i * (lossTo - lossFrom) / TICKS;
            grid(LEFT, y(loss), WIDTH - RIGHT, y(loss));
            centred(String.format(Locale.ROOT, "%.3g", loss), LEFT - 32, (int) y(loss) + 5);
        }
        centred("learning rate", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 14);
        AffineTransform upright = g.getTransform();
        g.rotate(-Math.PI / 2);
        centred("smoothed training loss", -(TOP + HEIGHT - BOTTOM) / 2.0, 14);
        g.setTransform(upright);
    }

    private void grid(double x1, double y1, double x2, double y2) {
        g.setColor(new Color(0xE3E6E9));
        g.draw(new Line2D.Double(x1, y1, x2, y2));
        g.setColor(Color.DARK_GRAY);
    }

    /** Draws the part of the sweep that the suggestions use; the divergence after it would flatten the rest. */
    private void line(LearningRateSweep sweep, Color color) {
        g.setColor(color);
        g.setStroke(new BasicStroke(2));
        Path2D path = new Path2D.Double();
        for (int i = sweep.from(); i < sweep.to(); i++) {
            double at = x(sweep.rates().get(i));
            if (i == sweep.from()) {
                path.moveTo(at, y(sweep.losses().get(i)));
            } else {
                path.lineTo(at, y(sweep.losses().get(i)));
            }
        }
        g.draw(path);
        sweep.valley().ifPresent(rate -> {
            double loss = sweep.losses().get(sweep.rates().indexOf(rate));
            g.fill(new Ellipse2D.Double(x(rate) - 5, y(loss) - 5, 10, 10));
        });
        g.setStroke(new BasicStroke(1));
    }

    private void legend(LearningRateSweep sweep, Color color, int row) {
        int left = WIDTH - RIGHT + 20;
        g.setColor(color);
        g.fill(new Ellipse2D.Double(left, row - 9, 9, 9));
        g.setColor(Color.BLACK);
        OptionalDouble valley = sweep.valley();
        g.drawString(sweep.group() + (valley.isEmpty() ? ": too few losses"
                : String.format(Locale.ROOT, ": valley %.2e", valley.getAsDouble())), left + 16, row);
    }

    private void centred(String text, double x, int y) {
        g.drawString(text, (float) (x - g.getFontMetrics().stringWidth(text) / 2.0), y);
    }
}
