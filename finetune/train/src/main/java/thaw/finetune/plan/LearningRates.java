package thaw.finetune.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Learning rates for layer groups: one for all, one per group, or a rule. Immutable.
 */
public sealed interface LearningRates {

    /**
     * The rate of each group, in order.
     *
     * @param groups the names of all layer groups, including frozen ones, whose rates are ignored
     * @throws IllegalArgumentException if the number of rates does not match; the message lists the groups
     */
    List<Double> forGroups(List<String> groups);

    /** A form that {@link #parse} reads. */
    @JsonValue
    @Override
    String toString();

    /** One rate for all groups. */
    record Single(double lr) implements LearningRates {
        public Single {
            requireRate(lr);
        }

        @Override
        public List<Double> forGroups(List<String> groups) {
            return Collections.nCopies(groups.size(), lr);
        }

        @Override
        public String toString() {
            return String.valueOf(lr);
        }
    }

    /** One rate per group. */
    record PerGroup(List<Double> rates) implements LearningRates {
        public PerGroup {
            rates = List.copyOf(rates);
            rates.forEach(LearningRates::requireRate);
        }

        @Override
        public List<Double> forGroups(List<String> groups) {
            if (rates.size() != groups.size()) {
                throw new IllegalArgumentException("expected 1 learning rate for all layer groups, or " + groups.size()
                        + ", one for each of " + groups + "; got " + rates.size() + ": " + rates);
            }
            return rates;
        }

        @Override
        public String toString() {
            return rates.stream().map(String::valueOf).collect(Collectors.joining(","));
        }
    }

    /** fastai's {@code slice(lo, hi)}: geometrically spaced from {@code lo} for the first group to {@code hi} for the last. */
    record Slice(double lo, double hi) implements LearningRates {
        public Slice {
            requireRate(lo);
            requireRate(hi);
            if (lo == 0 || hi == 0) {
                throw new IllegalArgumentException("slice(" + lo + ", " + hi + "): no geometric series starts or ends at a rate"
                        + " of 0; freeze the groups that are not to be trained, or give a rate for each");
            }
        }

        /** {@code lo · (hi/lo)^(i/(n−1))} for group i of n, from 0; {@code hi} if n is 1. */
        @Override
        public List<Double> forGroups(List<String> groups) {
            int last = groups.size() - 1;
            return IntStream.rangeClosed(0, last).mapToObj(i -> i == last ? hi : lo * Math.pow(hi / lo, (double) i / last))
                    .toList();
        }

        @Override
        public String toString() {
            return "slice(" + lo + "," + hi + ")";
        }
    }

    /** fastai's {@code slice(hi)}: {@code hi} for the last group, {@code hi/10} for all others. */
    record SliceTo(double hi) implements LearningRates {
        public SliceTo {
            requireRate(hi);
        }

        @Override
        public List<Double> forGroups(List<String> groups) {
            return IntStream.range(0, groups.size()).mapToObj(i -> i == groups.size() - 1 ? hi : hi / 10).toList();
        }

        @Override
        public String toString() {
            return "slice(" + hi + ")";
        }
    }

    /** timm's layer-wise decay: {@code lr·decay^(n−1−i)} for group i of n, from 0, so {@code lr} for the last one. */
    record LayerDecay(double lr, double decay) implements LearningRates {
        public LayerDecay {
            requireRate(lr);
            if (!(decay > 0 && decay <= 1)) {
                throw new IllegalArgumentException("layer decay: expected a factor above 0 and at most 1, such as 0.75, got "
                        + decay);
            }
        }

        @Override
        public List<Double> forGroups(List<String> groups) {
            return IntStream.rangeClosed(1, groups.size()).mapToObj(i -> lr * Math.pow(decay, groups.size() - i)).toList();
        }

        @Override
        public String toString() {
            return "decay(" + lr + "," + decay + ")";
        }
    }

    /** One rate for all groups, or one per group in order. */
    static LearningRates of(double... rates) {
        return rates.length == 1 ? new Single(rates[0]) : new PerGroup(Arrays.stream(rates).boxed().toList());
    }

    /** fastai's {@code slice(lo, hi)}. */
    static LearningRates slice(double lo, double hi) {
        return new Slice(lo, hi);
    }

    /** fastai's {@code slice(hi)}. */
    static LearningRates slice(double hi) {
        return new SliceTo(hi);
    }

    /** timm's layer-wise decay; 0.75 is its usual factor. */
    static LearningRates layerDecay(double lr, double decay) {
        return new LayerDecay(lr, decay);
    }

    /**
     * Reads {@code 1e-3}, {@code 1e-5,1e-4,1e-2}, {@code 1e-5:1e-2} or {@code slice(1e-5,1e-2)}, {@code :1e-2} or
     * {@code slice(1e-2)}, or {@code decay(1e-2,0.75)}.
     *
     * @throws IllegalArgumentException if the text is none of these, or a rate is invalid
     */
    @JsonCreator
    static LearningRates parse(String text) {
        String call = text.strip().replaceFirst("^:(.*)$", "slice($1)").replaceFirst("^([^(]*):(.*)$", "slice($1,$2)");
        Matcher form = Pattern.compile("(slice|decay)\\((.*)\\)|(.*)").matcher(call);
        double[] numbers = form.matches() ? numbers(form.group(1) == null ? form.group(3) : form.group(2)) : null;
        if (numbers != null && form.group(1) == null) {
            return of(numbers);
        }
        if (numbers != null && form.group(1).equals("slice") && numbers.length <= 2) {
            return numbers.length == 1 ? slice(numbers[0]) : slice(numbers[0], numbers[1]);
        }
        if (numbers != null && form.group(1).equals("decay") && numbers.length == 2) {
            return layerDecay(numbers[0], numbers[1]);
        }
        throw new IllegalArgumentException("learning rates: expected one such as 1e-3, one per group such as 1e-5,1e-4,1e-2,"
                + " 1e-5:1e-2 or slice(1e-5,1e-2), :1e-2 or slice(1e-2), or decay(1e-2,0.75), got \"" + text + "\"");
    }

    /** The numbers of a comma-separated list; null if one cannot be parsed. */
    private static double[] numbers(String text) {
        try {
            return Arrays.stream(text.split(",", -1)).mapToDouble(Double::parseDouble).toArray();
        } catch (NumberFormatException none) {
            return null;
        }
    }

    private static void requireRate(double lr) {
        if (!(lr >= 0 && Double.isFinite(lr))) {
            throw new IllegalArgumentException("invalid learning rate " + lr + ", it must be at least 0 and finite");
        }
    }
}
