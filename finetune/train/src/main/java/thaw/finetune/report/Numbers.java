package thaw.finetune.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Formats numbers for readers: {@code 0.0213}, {@code 1e-5}, {@code 84.5 %}. */
public final class Numbers {
    private static final int LEAST_PLAIN = -3;
    private static final int MOST_PLAIN = 6;

    private Numbers() {
    }

    /** A number rounded to three significant digits, without trailing zeros; a dash if it is not finite. */
    public static String compact(double value) {
        if (!Double.isFinite(value)) {
            return "–";
        }
        if (value == 0) {
            return "0";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(3)).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        return exponent >= LEAST_PLAIN && exponent < MOST_PLAIN ? rounded.toPlainString()
                : rounded.movePointLeft(exponent).stripTrailingZeros().toPlainString() + "e" + exponent;
    }

    /** A share in percent with one decimal; a dash if it is not finite. */
    public static String percent(double share) {
        return !Double.isFinite(share) ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** A difference of shares in percentage points, with its sign. */
    public static String points(double difference) {
        // Adding 0 turns -0 into 0.
        return !Double.isFinite(difference) ? "–" : String.format(Locale.ROOT, "%+.1f", Math.round(1000 * difference) / 10.0 + 0.0);
    }

    /** A number with commas between its thousands. */
    public static String grouped(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    static String count(long count, String one, String many) {
        return grouped(count) + " " + (count == 1 ? one : many);
    }
}
