package thaw.finetune.demo;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/** A comparison as a chart: a bar for each row's mean, a dot for each draw, and a dashed line at the accuracy of chance. */
public final class ComparisonChart {

    private static final int WIDTH = 900;
    private static final int LEFT = 290;
    private static final int RIGHT = 50;
    private static final int TOP = 64;
    private static final int ROW = 44;
    private static final int BAR = 24;
    private static final Color RECOMMENDED = new Color(0x2F7EBC);
    private static final Color OTHER = new Color(0xB4BDC6);

    private final Comparison comparison;
    private final Graphics2D g;

    private ComparisonChart(Comparison comparison, Graphics2D g) {
        this.comparison = comparison;
        this.g = g;
    }

    /** Draws the chart as an RGB image. Needs a font in the system. */
    public static BufferedImage draw(Comparison comparison) {
        int height = TOP + comparison.rows().size() * ROW + 34;
        BufferedImage chart = new BufferedImage(WIDTH, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = chart.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            g.setColor(Color.WHITE);
            g.fillRect(0, 0, WIDTH, height);
            new ComparisonChart(comparison, g).draw(height);
        } finally {
            g.dispose();
        }
        return chart;
    }

    private void draw(int height) {
        g.setColor(Color.BLACK);
        g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
        g.drawString(String.format(Locale.ROOT, "Accuracy on %d test images, after training on %d images per class",
                comparison.tested(), comparison.perClass()),
                16, 26);
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
        axis(height - 30);
        List<Comparison.Row> rows = comparison.rows();
        for (int i = 0; i < rows.size(); i++) {
            row(rows.get(i), TOP + i * ROW + ROW / 2);
        }
    }

    private static double x(double accuracy) {
        return LEFT + accuracy * (WIDTH - LEFT - RIGHT);
    }

    private void axis(int bottom) {
        for (int percent = 0; percent <= 100; percent += 20) {
            g.setColor(new Color(0xE3E6E9));
            g.draw(new Line2D.Double(x(percent / 100.0), TOP, x(percent / 100.0), bottom));
            g.setColor(Color.DARK_GRAY);
            centred(percent + " %", x(percent / 100.0), bottom + 18);
        }
        double chance = 1.0 / comparison.classes();
        g.setColor(Color.GRAY);
        g.setStroke(new BasicStroke(1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {4, 4}, 0));
        g.draw(new Line2D.Double(x(chance), TOP - 6, x(chance), bottom));
        g.setStroke(new BasicStroke(1));
        centred("chance", x(chance), TOP - 10);
    }

    private void row(Comparison.Row row, int y) {
        FontMetrics metrics = g.getFontMetrics();
        g.setColor(Color.BLACK);
        String name = row.phase().result();
        g.drawString(name, LEFT - 12 - metrics.stringWidth(name), y + metrics.getAscent() / 2 - 2);
        g.setColor(row == comparison.recommended() ? RECOMMENDED : OTHER);
        g.fill(new Rectangle2D.Double(x(0), y - BAR / 2.0, x(row.mean()) - x(0), BAR));
        for (double accuracy : row.accuracies()) {
            Ellipse2D dot = new Ellipse2D.Double(x(accuracy) - 4, y - 4, 8, 8);
            g.setColor(Color.WHITE);
            g.fill(dot);
            g.setColor(Color.BLACK);
            g.draw(dot);
        }
        double end = row.accuracies().stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        g.drawString(String.format(Locale.ROOT, "%.1f", 100 * row.mean()), (float) x(Math.max(end, row.mean())) + 10,
                y + metrics.getAscent() / 2f - 2);
    }

    private void centred(String text, double x, int y) {
        g.drawString(text, (float) (x - g.getFontMetrics().stringWidth(text) / 2.0), y);
    }
}
