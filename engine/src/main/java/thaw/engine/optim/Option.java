package thaw.engine.optim;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The options of a {@link ParamGroup}, under PyTorch's names. */
enum Option {
    LR("learning rate", Kind.NOT_NEGATIVE, 1e-3),
    MOMENTUM("momentum", Kind.NOT_NEGATIVE, 0),
    DAMPENING("dampening", Kind.ANY, 0),
    WEIGHT_DECAY("weight decay", Kind.NOT_NEGATIVE, 0),
    NESTEROV("nesterov", Kind.FLAG, 0),
    MAXIMIZE("maximize", Kind.FLAG, 0),
    BETA1("beta parameter at index 0,", Kind.BELOW_ONE, 0.9),
    BETA2("beta parameter at index 1,", Kind.BELOW_ONE, 0.999),
    EPS("epsilon", Kind.NOT_NEGATIVE, 1e-8),
    DECAY_BIAS_AND_NORM("decay of biases and norms", Kind.FLAG, 1);

    private enum Kind { ANY, NOT_NEGATIVE, BELOW_ONE, FLAG }

    private final String words;
    private final Kind kind;
    private final double standard;

    Option(String words, Kind kind, double standard) {
        this.words = words;
        this.kind = kind;
        this.standard = standard;
    }

    /** The key in PyTorch's dicts: {@code weight_decay}. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The default, unless an optimizer has another one. */
    double standard() {
        return standard;
    }

    /** @throws IllegalArgumentException if there is no option of this name; the message lists the existing ones */
    static Option byKey(String key) {
        return Arrays.stream(values()).filter(o -> o.key().equals(key)).findFirst().orElseThrow(() ->
                new IllegalArgumentException("unknown option \"" + key + "\"; known are "
                        + Arrays.stream(values()).map(Option::key).collect(Collectors.joining(", "))));
    }

    /** @throws IllegalArgumentException if the value is not valid for this option */
    double checked(String group, double value) {
        boolean allowed = switch (kind) {
            case ANY -> !Double.isNaN(value);
            case NOT_NEGATIVE -> value >= 0;
            case BELOW_ONE -> value >= 0 && value < 1;
            case FLAG -> value == 0 || value == 1;
        };
        if (!allowed) {
            String expected = switch (kind) {
                case ANY -> "a number";
                case NOT_NEGATIVE -> "at least 0";
                case BELOW_ONE -> "at least 0 and below 1";
                case FLAG -> "0 or 1";
            };
            throw new IllegalArgumentException("group \"" + group + "\": invalid " + words + " " + value + ", it must be "
                    + expected);
        }
        return value;
    }

    /** The value as text, for a file. */
    String text(double value) {
        return kind == Kind.FLAG ? String.valueOf(value != 0) : String.valueOf(value);
    }

    /** Parses the result of {@link #text}. */
    double parse(String text) {
        return kind == Kind.FLAG ? Boolean.parseBoolean(text) ? 1 : 0 : Double.parseDouble(text);
    }
}
