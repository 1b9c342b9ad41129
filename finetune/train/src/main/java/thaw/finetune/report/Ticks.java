package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An axis, with round numbers as its ticks and labels. */
record Ticks(double from, double to, List<Double> at, List<String> labels) {
    private static final int MOST_DECADES = 6;

    /**
     * Ticks at multiples of 1, 2 or 5 times a power of ten, about {@code wanted} of them.
     *
     * @param whole whether ticks are integers; the axis then ends at {@code least} and {@code most}, not at ticks
     */
    static Ticks linear(double least, double most, int wanted, boolean whole) {
        double low = least;
        double high = most;
        if (high - low < 1e-9 * Math.max(1e-9, Math.abs(high))) {
            double margin = whole ? 0.5 : Math.max(Math.abs(high) / 10, 1e-3);
            low -= margin;
            high += margin;
        }
        double step = step((high - low) / wanted);
        if (whole) {
            step = Math.max(1, step);
        } else {
            low = step * Math.floor(low / step + 1e-9);
            high = step * Math.ceil(high / step - 1e-9);
        }
        int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
        List<Double> at = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
            at.add(i * step);
            labels.add(String.format(Locale.ROOT, "%." + decimals + "f", i * step));
        }
        return new Ticks(low, high, at, labels);
    }

    private static double step(double raw) {
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double mantissa = raw / power;
        return power * (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10);
    }

    /** Ticks at powers of ten, on an axis from a power of ten to another that contains the given positive numbers. */
    static Ticks log(double least, double most) {
        int low = (int) Math.floor(Math.log10(least) + 1e-9);
        int high = Math.max(low + 1, (int) Math.ceil(Math.log10(most) - 1e-9));
        int step = (high - low + MOST_DECADES - 1) / MOST_DECADES;
        List<Double> at = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (int power = low; power <= high; power += step) {
            at.add(Math.pow(10, power));
            labels.add(power == 0 ? "1" : power == 1 ? "10" : "1e" + power);
        }
        return new Ticks(Math.pow(10, low), Math.pow(10, high), at, labels);
    }
}
