package thaw.finetune.report;

import java.util.Locale;

/** The SVG elements from which charts are built; coordinates have one decimal. */
public final class Svg {

    private Svg() {
    }

    /** A text at a point, which is its {@code start}, {@code middle} or {@code end}. */
    public static String text(String anchor, double x, double y, String text) {
        return "<text text-anchor=\"" + anchor + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\">" + Html.text(text) + "</text>\n";
    }

    /** A line of a style sheet's class. */
    static String line(String kind, double x1, double y1, double x2, double y2) {
        return "<line class=\"" + kind + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\""
                + number(y2) + "\"/>";
    }

    static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
