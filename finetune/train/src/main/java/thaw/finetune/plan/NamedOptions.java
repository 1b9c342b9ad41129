package thaw.finetune.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The text form of a name with numeric options: {@code sgdr(cycle_len=1,cycle_mult=2)}. */
final class NamedOptions {

    private static final Pattern FORM = Pattern.compile("\\s*([a-z0-9-]+)\\s*(?:\\((.*)\\))?\\s*");

    private NamedOptions() {
    }

    /**
     * Reads {@code name} or {@code name(option=1,other=2)}.
     *
     * @param kind    of the thing that is named, for messages
     * @param example with an option: {@code one-cycle(pct_start=0.3)}
     * @throws IllegalArgumentException if the text has another form, or {@code make} refuses it
     */
    static <T> T parse(String kind, String example, String text, BiFunction<String, Map<String, Double>, T> make) {
        Matcher call = FORM.matcher(text);
        if (!call.matches()) {
            throw new IllegalArgumentException(kind + ": expected a name, or one with options such as " + example + ", got \""
                    + text + "\"");
        }
        Map<String, Double> options = new LinkedHashMap<>();
        if (call.group(2) != null && !call.group(2).isBlank()) {
            for (String option : call.group(2).split(",")) {
                String[] sides = option.split("=", 2);
                try {
                    options.put(sides[0].strip(), Double.parseDouble(sides[1].strip()));
                } catch (NumberFormatException | ArrayIndexOutOfBoundsException wrong) {
                    throw new IllegalArgumentException(kind + " " + call.group(1) + ": expected an option such as "
                            + example.replaceFirst(".*\\((.*)\\)", "$1") + ", got \"" + option + "\"", wrong);
                }
            }
        }
        return make.apply(call.group(1), options);
    }

    static String text(String name, Map<String, Double> options) {
        return options.isEmpty() ? name : options.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining(",", name + "(", ")"));
    }
}
