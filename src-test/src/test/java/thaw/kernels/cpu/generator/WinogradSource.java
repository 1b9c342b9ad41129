package thaw.kernels.cpu.generator;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The Java methods of {@link WinogradTransform}s, on vectors or on scalars: loops over lines, with a transform's formulas in
 * each. In their templates, CONSTANTS and FORMULAS stand for these lines; n is a number's place in its line.
 */
final class WinogradSource {

    /** A vector's width of lines side by side, without a loop: with one, which would turn once, it takes three times as long. */
    private static final String VECTOR_LINE = """

                private static void ${name}${outputs}(float[] ${from}, int from, int step, float[] ${to}, int to, int toStep) {
            CONSTANTS
            #let source ${from}, from${+ n step}
            #let target ${to}, to${+ n toStep}
            FORMULAS
                }
            """;

    private static final String SCALAR_LINES = """

                private void ${name}${outputs}(float[] ${from}, int from, int step, float[] ${to}, int to, int toStep) {
                    int end = from + lanes;
                    for (int i = from, o = to; i < end; i++, o++) {
            #let source ${from}[i${+ n step}]
            #let target ${to}[o${+ n toStep}]
            FORMULAS
                    }
                }
            """;

    /** Lines side by side. */
    private static final String COLUMNS = """

                @Override
                public void ${name}Columns(int columns, float[] ${from}, int from, int step, float[] ${to}, int to, int toStep) {
            CONSTANTS
                    for (int c = 0; c < columns * L; c += L) {
                        int i = from + c;
                        int o = to + c;
            #let source ${from}, i${+ n step}
            #let target ${to}, o${+ n toStep}
            FORMULAS
                    }
                }
            """;

    /** Lines side by side, whose first and last number come from other arrays. */
    private static final String COLUMNS_WITH_ENDS = """

                @Override
                public void ${name}Columns(int columns, float[] top, int topFrom, float[] ${from}, int from, int step,
                        float[] bottom, int bottomFrom, float[] ${to}, int to, int toStep) {
            CONSTANTS
                    for (int c = 0; c < columns * ${lanes}; ${next}) {
                        int i = from + c;
                        int o = to + c;
            #let source top${[}topFrom + c${]}
                        ${type} d0 = ${load};
            #let source bottom${[}bottomFrom + c${]}
                        ${type} d5 = ${load};
            #let source ${from}${[}i${+ n step}${]}
            #let target ${to}${[}o${+ n toStep}${]}
            FORMULAS
                    }
                }
            """;

    /** Lines side by side, with an epilogue. */
    private static final String COLUMNS_WITH_EPILOGUE = """

                static void ${name}Columns(int columns, float[] ${from}, int from, int step, float[] scale, float[] shift,
                        int channel, float floor, ${parameter}float[] ${to}, int to, int toStep) {
            CONSTANTS
                    FloatVector a = FloatVector.fromArray(S, scale, channel);
                    FloatVector b = FloatVector.fromArray(S, shift, channel);
                    FloatVector least = FloatVector.broadcast(S, floor);
                    for (int c = 0; c < columns * L; c += L) {
                        int i = from + c;
                        int o = to + c;
            #let source ${from}, i${+ n step}
            #let target ${to}, o${+ n toStep}
            #let store ${value}.fma(a, b)${residual}.max(least).intoArray(${target})
            FORMULAS
                    }
                }
            """;

    /** Lines one after the other, from pixels to points. */
    private static final String PIXELS_TO_POINTS = """

                @Override
                public void ${name}Rows(int tiles, float[] ${from}, int from, float[] ${to}, int to, int pair) {
            CONSTANTS
                    for (int t = 0; t < tiles * L; t += L) {
                        int i = from + ${outputs} * t;
                        int o = to + t;
            #let source ${from}, i${+ n L}
            #let target ${to}, o${+ n pair}
            FORMULAS
                    }
                }
            """;

    /** Lines one after the other, from points to pixels. */
    private static final String POINTS_TO_PIXELS = """

                @Override
                public void ${name}Rows(int tiles, float[] ${from}, int from, int pair, float[] ${to}, int to) {
            CONSTANTS
                    for (int t = 0; t < tiles * L; t += L) {
                        int i = from + t;
                        int o = to + ${outputs} * t;
            #let source ${from}, i${+ n pair}
            #let target ${to}, o${+ n L}
            FORMULAS
                    }
                }
            """;

    private static final String CHOICE = """

                @Override
                public void ${name}(int outputs, float[] ${from}, int from, int step, float[] ${to}, int to, int toStep) {
                    switch (outputs) {
            CASES            default -> throw new IllegalArgumentException("no lines have " + outputs + " outputs");
                    }
                }
            """;

    private static final String CASE =
            "            case ${outputs} -> ${name}${outputs}(${from}, from, step, ${to}, to, toStep);\n";

    private static final Map<String, String> VECTORS = Map.of(
            "type", "FloatVector",
            "lanes", "L",
            "next", "c += L",
            "[", ", ",
            "]", "",
            "load", "FloatVector.fromArray(S, ${source})",
            "store", "${value}.intoArray(${target})");

    private static final Map<String, String> SCALARS = Map.of(
            "type", "float",
            "lanes", "lanes",
            "next", "c++",
            "[", "[",
            "]", "]",
            "load", "${source}",
            "store", "${target} = ${value}");

    private final boolean vectors;
    private final StringBuilder out = new StringBuilder();

    private WinogradSource(boolean vectors) {
        this.vectors = vectors;
        WinogradTransform.ALL.forEach(this::lines);
        add(COLUMNS_WITH_ENDS, WinogradTransform.INPUT, 4, Map.of());
    }

    static String vectors() {
        WinogradSource source = new WinogradSource(true);
        source.add(COLUMNS, WinogradTransform.GRADIENT, 4, Map.of());
        source.add(COLUMNS, WinogradTransform.OUTPUT, 4, Map.of());
        source.add(PIXELS_TO_POINTS, WinogradTransform.INPUT, 4, Map.of());
        source.add(PIXELS_TO_POINTS, WinogradTransform.GRADIENT, 4, Map.of());
        source.add(POINTS_TO_PIXELS, WinogradTransform.OUTPUT, 4, Map.of());
        source.add(COLUMNS_WITH_EPILOGUE, WinogradTransform.OUTPUT, 4, Map.of("parameter", "", "residual", ""));
        source.add(COLUMNS_WITH_EPILOGUE, WinogradTransform.OUTPUT, 4, Map.of("parameter", "float[] residual, ",
                "residual", "\n                    .add(FloatVector.fromArray(S, residual, o${+ n toStep}))"));
        return source.out.toString();
    }

    static String scalars() {
        return new WinogradSource(false).out.toString();
    }

    /** The transform's method, and that for each number of outputs. */
    private void lines(WinogradTransform t) {
        TreeMap<Integer, String> formulas = new TreeMap<>(t.formulas());
        out.append(expand(CHOICE.replace("CASES", formulas.keySet().stream()
                .map(outputs -> CASE.replace("${outputs}", outputs.toString())).collect(Collectors.joining())), t, Map.of()));
        formulas.keySet().forEach(outputs -> add(vectors ? VECTOR_LINE : SCALAR_LINES, t, outputs, Map.of()));
    }

    private void add(String template, WinogradTransform t, int outputs, Map<String, String> values) {
        TreeMap<String, String> constants = new TreeMap<>();
        StringBuilder body = new StringBuilder();
        String indent = " ".repeat(template.contains("for (") ? 12 : 8);
        String formulas = t.formulas().get(outputs);
        Pattern.compile("\\b" + t.from() + "(\\d)\\b").matcher(formulas).results().map(m -> m.group(1)).distinct().sorted()
                .filter(n -> !template.contains(" " + t.from() + n + " = ")).forEach(n -> body.append("#let n ").append(n)
                        .append("\n" + indent + "${type} ").append(t.from()).append(n).append(" = ${load};\n"));
        formulas.lines().map(line -> line.split(" = ")).forEach(line -> {
            Formula value = Formula.parse(line[1]);
            String source = vectors ? value.vectors(constants) : value.scalars();
            body.append(line[0].matches(t.to() + "\\d")
                    ? "#let n " + line[0].substring(1) + "\n#let value " + source + "\n" + indent + "${store};\n"
                    : indent + "${type} " + line[0] + " = " + source + ";\n");
        });
        String declarations = constants.entrySet().stream()
                .map(c -> "        FloatVector " + c.getKey() + " = FloatVector.broadcast(S, " + c.getValue() + ");\n")
                .collect(Collectors.joining());
        Map<String, String> all = new HashMap<>(values);
        all.put("outputs", Integer.toString(outputs));
        out.append(expand(template.replace("CONSTANTS\n", declarations).replace("FORMULAS\n", body), t, all));
    }

    private String expand(String template, WinogradTransform t, Map<String, String> values) {
        Map<String, String> all = new HashMap<>(vectors ? VECTORS : SCALARS);
        all.putAll(Map.of("name", t.name(), "from", t.from(), "to", t.to()));
        all.putAll(values);
        return Template.expand(template, all);
    }
}
