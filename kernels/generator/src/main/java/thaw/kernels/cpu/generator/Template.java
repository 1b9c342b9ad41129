package thaw.kernels.cpu.generator;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Java source with a few directives:
 * <ul>
 * <li>the lines between {@code #for r 4} and {@code #end} are repeated for r = 0 … 3, those after {@code #for r 1 4} for 1 … 3;
 * <li>{@code #let name text} gives a name a value from there on;
 * <li>{@code ${name}} is a name's value, itself expanded, or a number such as {@code ${r*C+c}};
 * <li>{@code ${+ r px}} is an offset of r times px: nothing for r = 0, {@code + px} for 1, {@code + 3 * px} for 3.
 * </ul>
 */
final class Template {

    private static final Pattern PLACE = Pattern.compile("\\$\\{(\\+ )?([^ }]+)(?: ([^}]+))?}");

    private final Map<String, String> values;

    private Template(Map<String, String> values) {
        this.values = values;
    }

    static String expand(String text, Map<String, String> values) {
        StringBuilder out = new StringBuilder();
        new Template(new HashMap<>(values)).lines(text.lines().iterator(), out);
        return out.toString();
    }

    private void lines(Iterator<String> lines, StringBuilder out) {
        while (lines.hasNext()) {
            String line = lines.next();
            String[] words = line.split(" ", 3);
            switch (words[0]) {
                case "#for" -> repeat(words[1], line(words[2]).split(" "), body(lines), out);
                case "#let" -> values.put(words[1], words[2]);
                default -> out.append(line(line)).append('\n');
            }
        }
    }

    /** @param range an end (exclusive), or a start and an end */
    private void repeat(String name, String[] range, List<String> body, StringBuilder out) {
        int end = Integer.parseInt(range[range.length - 1]);
        for (int i = range.length == 1 ? 0 : Integer.parseInt(range[0]); i < end; i++) {
            values.put(name, Integer.toString(i));
            lines(body.iterator(), out);
        }
    }

    /** The lines of a loop that has begun, without its {@code #end}. */
    private static List<String> body(Iterator<String> lines) {
        Stream.Builder<String> body = Stream.builder();
        String line = lines.next();
        for (int depth = 1; (depth += line.startsWith("#for ") ? 1 : line.equals("#end") ? -1 : 0) > 0; line = lines.next()) {
            body.add(line);
        }
        return body.build().toList();
    }

    private String line(String line) {
        return PLACE.matcher(line).replaceAll(place -> place.group(1) == null ? line(value(place.group(2)))
                : term(Integer.parseInt(value(place.group(2))), value(place.group(3))));
    }

    /** A name's value, or that of a sum of products of names and numbers, or else the text itself. */
    private String value(String text) {
        if (!text.matches("\\w+([*+]\\w+)+")) {
            return values.getOrDefault(text, text);
        }
        return Integer.toString(Stream.of(text.split("\\+")).mapToInt(product -> Stream.of(product.split("\\*"))
                .mapToInt(factor -> Integer.parseInt(value(factor))).reduce(1, (a, b) -> a * b)).sum());
    }

    /** {@code n} times a distance, as the end of a sum. */
    static String term(int n, String distance) {
        return n == 0 ? "" : distance.equals("1") ? " + " + n : n == 1 ? " + " + distance : " + " + n + " * " + distance;
    }
}
