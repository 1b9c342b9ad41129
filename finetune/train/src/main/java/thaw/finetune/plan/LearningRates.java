package thaw.finetune.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Learning rates for layer groups: a rule and its numbers. {@link #toString} writes a form that {@link #parse} reads. Immutable.
 *
 * @param only the names of the groups that are trained, in any order; the rate of all others is 0, so that they are frozen. Empty
 *             for all
 */
public record LearningRates(Rule rule, List<Double> numbers, List<String> only) {

    /** The rate of the head under {@link Rule#AUTO}. */
    public static final double AUTO_RATE = 0.05;
    private static final String FORM = "(?:(slice|decay|auto|auto-rgn|auto-rgn-groups|l-dog|ridge)\\(([^()]*)\\)|([^()]*))";

    /** How the numbers give each group's rate; group i of n, from 0. */
    public enum Rule {
        /** One rate for all groups, or one for each. */
        EACH,
        /**
         * fastai's {@code slice(lo, hi)}: {@code lo · (hi/lo)^(i/(n−1))}, geometrically spaced from the first group to the
         * last; or {@code slice(hi)}: {@code hi} for the last group, {@code hi/10} for all others.
         */
        SLICE,
        /** timm's layer-wise decay {@code decay(lr, decay)}: {@code lr·decay^(n−1−i)}, so {@code lr} for the last group. */
        DECAY,
        /**
         * No rate: Auto-RGN with steps that are a share of the weights' norm, the smaller the lower the loss is; {@value
         * LearningRates#AUTO_RATE} for the last group, the head. A linear head first becomes the better of the present one and a
         * closed form.
         */
        AUTO,
        /**
         * Auto-RGN: at each epoch the {@linkplain thaw.engine.optim.RelativeGradientNorm relative gradient norms} of its first
         * five batches give each tensor a share, up to 1, of one rate.
         */
        AUTO_RGN,
        /** Auto-RGN with the mean over a layer group for all of its tensors. */
        AUTO_RGN_GROUPS,
        /** L-DoG: no rate; {@link thaw.engine.optim.LDoG} is the optimizer, and its average of the weights is kept. */
        L_DOG,
        /**
         * No rate: the last group, a linear head, is fitted in closed form by ridge regression, whose strength leave-one-out
         * chooses, and all other groups are frozen. An epoch measures its loss.
         */
        RIDGE;

        private boolean isWithoutNumber() {
            return this == AUTO || this == L_DOG || this == RIDGE;
        }
    }

    /** @throws IllegalArgumentException if a number is invalid, or the rule takes another number of them */
    public LearningRates {
        numbers = List.copyOf(numbers);
        only = List.copyOf(only);
        for (double lr : numbers) {
            if (!(lr >= 0 && Double.isFinite(lr))) {
                throw new IllegalArgumentException("invalid learning rate " + lr + ", it must be at least 0 and finite");
            }
        }
        int count = numbers.size();
        if (rule == Rule.SLICE && (count < 1 || count > 2) || rule == Rule.DECAY && count != 2) {
            throw new IllegalArgumentException("learning rates: expected LO:HI, :HI or decay(LR,FACTOR), got "
                    + text(rule, numbers));
        }
        boolean one = rule == Rule.AUTO_RGN || rule == Rule.AUTO_RGN_GROUPS;
        boolean none = rule.isWithoutNumber();
        if (one && count != 1 || none && count != 0) {
            throw new IllegalArgumentException("learning rates: expected auto, auto-rgn:LR, auto-rgn-groups:LR, l-dog or ridge, got "
                    + text(rule, numbers));
        }
        if (rule == Rule.SLICE && count == 2 && numbers.contains(0.0)) {
            throw new IllegalArgumentException(text(rule, numbers) + ": no geometric series starts or ends at a rate of 0;"
                    + " freeze the groups that are not to be trained, or give a rate for each");
        }
        if (rule == Rule.DECAY && !(numbers.get(1) > 0 && numbers.get(1) <= 1)) {
            throw new IllegalArgumentException("layer decay: expected a factor above 0 and at most 1, such as 0.75, got "
                    + numbers.get(1));
        }
    }

    /** One rate for all groups, or one per group in order. */
    public static LearningRates of(double... rates) {
        return of(Rule.EACH, rates);
    }

    /** fastai's {@code slice(lo, hi)}. */
    public static LearningRates slice(double lo, double hi) {
        return of(Rule.SLICE, lo, hi);
    }

    /** fastai's {@code slice(hi)}. */
    public static LearningRates slice(double hi) {
        return of(Rule.SLICE, hi);
    }

    /** timm's layer-wise decay; 0.75 is its usual factor. */
    public static LearningRates layerDecay(double lr, double decay) {
        return of(Rule.DECAY, lr, decay);
    }

    /** Auto-RGN by tensor, with this rate for the tensor that the data asks to change most. */
    public static LearningRates autoRgn(double lr) {
        return of(Rule.AUTO_RGN, lr);
    }

    /** Auto-RGN by layer group. */
    public static LearningRates autoRgnByGroup(double lr) {
        return of(Rule.AUTO_RGN_GROUPS, lr);
    }

    /** L-DoG, without a rate. */
    public static LearningRates lDog() {
        return of(Rule.L_DOG);
    }

    /** The head alone in closed form, without a rate. */
    public static LearningRates ridge() {
        return of(Rule.RIDGE);
    }

    private static LearningRates of(Rule rule, double... numbers) {
        return new LearningRates(rule, Arrays.stream(numbers).boxed().toList(), List.of());
    }

    /**
     * The same rates for these layer groups alone, by name; the others have the rate 0. Rates for each group may be as many as
     * these groups; all other rules give a group the rate that it would have if all were trained. An empty list stands for all.
     */
    public LearningRates only(List<String> groups) {
        return new LearningRates(rule, numbers, groups);
    }

    /**
     * Reads {@code 1e-3}, {@code 1e-5,1e-4,1e-2}, {@code 1e-5:1e-2} or {@code slice(1e-5,1e-2)}, {@code :1e-2} or
     * {@code slice(1e-2)}, {@code decay(1e-2,0.75)}, {@code auto}, {@code auto-rgn:1e-2}, {@code auto-rgn-groups:1e-2},
     * {@code l-dog} or {@code ridge}; each also for some groups {@link #only}: {@code 1e-2@early,middle}.
     *
     * @throws IllegalArgumentException if the text is none of these, or a rate is invalid
     */
    @JsonCreator
    public static LearningRates parse(String text) {
        int at = text.indexOf('@');
        if (at >= 0) {
            return parse(text.substring(0, at)).only(List.of(text.substring(at + 1).strip().split(",")));
        }
        String call = text.strip().replaceFirst("^(auto|l-dog|ridge)$", "$1()").replaceFirst("^(auto-rgn|auto-rgn-groups):(.*)$", "$1($2)")
                .replaceFirst("^:(.*)$", "slice($1)").replaceFirst("^([^(]*):(.*)$", "slice($1,$2)");
        Matcher form = Pattern.compile(FORM).matcher(call);
        if (form.matches()) {
            Rule rule = form.group(1) == null ? Rule.EACH : Rule.valueOf(form.group(1).toUpperCase(Locale.ROOT).replace('-', '_'));
            String list = rule == Rule.EACH ? form.group(3) : form.group(2);
            try {
                boolean none = list.isEmpty() && rule.isWithoutNumber();
                return of(rule, Arrays.stream(none ? new String[0] : list.split(",", -1)).mapToDouble(Double::parseDouble).toArray());
            } catch (NumberFormatException none) {
                // The message below lists the forms.
            }
        }
        throw new IllegalArgumentException("learning rates: expected one such as 1e-3, one per group such as 1e-5,1e-4,1e-2,"
                + " 1e-5:1e-2 or slice(1e-5,1e-2), :1e-2 or slice(1e-2), decay(1e-2,0.75), auto, auto-rgn:1e-2, l-dog or ridge, got \""
                + text
                + "\"");
    }

    /** The default for pretrained weights, without a rate to choose: {@link Rule#AUTO}. */
    public static LearningRates auto() {
        return of(Rule.AUTO);
    }

    /** Whether no rate is given for each group: Auto-RGN, L-DoG or ridge regression. */
    public boolean isAuto() {
        return isAutoRgn() || rule == Rule.L_DOG || rule == Rule.RIDGE;
    }

    /** Whether a phase begins with the best head that closed forms give. */
    public boolean startsInClosedForm() {
        return rule == Rule.AUTO || rule == Rule.RIDGE;
    }

    /** Whether relative gradient norms give each tensor or group a share of the rate. */
    public boolean isAutoRgn() {
        return rule == Rule.AUTO || rule == Rule.AUTO_RGN || rule == Rule.AUTO_RGN_GROUPS;
    }

    /** The number of first groups whose rate is 0, which are the same as frozen. */
    public int leadingZeros() {
        return rule == Rule.EACH ? (int) numbers.stream().takeWhile(lr -> lr == 0).count() : 0;
    }

    /** Whether one rate is given, which all groups have. */
    public boolean isSingle() {
        return rule == Rule.EACH && numbers.size() == 1;
    }

    /**
     * The rate of each group, in order; for Auto-RGN the one of which each gets a share, for L-DoG 1.
     *
     * @param groups the names of all layer groups, including frozen ones, whose rates are ignored
     * @throws IllegalArgumentException if the number of rates does not match; the message lists the groups
     */
    public List<Double> forGroups(List<String> groups) {
        int count = groups.size();
        if (!groups.containsAll(only)) {
            throw new IllegalArgumentException("expected layer groups among " + groups + " to train, got " + only);
        }
        List<String> trained = groups.stream().filter(only.isEmpty() ? group -> true : only::contains).toList();
        if (rule == Rule.EACH && numbers.size() > 1 && numbers.size() == trained.size()) {
            return groups.stream().map(group -> trained.contains(group) ? numbers.get(trained.indexOf(group)) : 0).toList();
        }
        if (rule == Rule.EACH && !isSingle() && numbers.size() != count) {
            throw new IllegalArgumentException("expected 1 learning rate for all layer groups, or " + count
                    + ", one for each of " + groups + "; got " + numbers.size() + ": " + numbers);
        }
        return IntStream.range(0, count).mapToObj(i -> trained.contains(groups.get(i)) ? rate(i, count - 1) : 0).toList();
    }

    private double rate(int i, int last) {
        double first = numbers.isEmpty() ? rule == Rule.AUTO ? AUTO_RATE : 1 : numbers.get(0);
        return switch (rule) {
            case AUTO, AUTO_RGN, AUTO_RGN_GROUPS, L_DOG -> first;
            case RIDGE -> i == last ? first : 0;
            case EACH -> numbers.get(isSingle() ? 0 : i);
            case DECAY -> first * Math.pow(numbers.get(1), last - i);
            case SLICE -> {
                double hi = numbers.get(numbers.size() - 1);
                yield i == last ? hi : numbers.size() == 1 ? hi / 10 : first * Math.pow(hi / first, (double) i / last);
            }
        };
    }

    @JsonValue
    @Override
    public String toString() {
        return text(rule, numbers) + (only.isEmpty() ? "" : "@" + String.join(",", only));
    }

    private static String text(Rule rule, List<Double> numbers) {
        String list = numbers.stream().map(LearningRates::text).collect(Collectors.joining(","));
        String name = rule.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return switch (rule) {
            case EACH -> list;
            case SLICE -> numbers.size() == 1 ? ":" + list : list.replace(',', ':');
            case DECAY -> name + "(" + list + ")";
            case AUTO_RGN, AUTO_RGN_GROUPS -> name + ":" + list;
            case AUTO, L_DOG, RIDGE -> name;
        };
    }

    /** The shortest form that reads as the same number: {@code 0.05}, {@code 1e-4}. */
    private static String text(double rate) {
        BigDecimal decimal = new BigDecimal(String.valueOf(rate)).stripTrailingZeros();
        int power = decimal.precision() - decimal.scale() - 1;
        if (decimal.signum() == 0 || power >= -1 || power >= -3 && decimal.unscaledValue().intValue() != 1) {
            return decimal.toPlainString();
        }
        return decimal.movePointLeft(power).toPlainString() + "e" + power;
    }
}
