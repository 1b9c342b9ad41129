package thaw.kernels.cpu.generator;

import static thaw.kernels.cpu.generator.WinogradTransform.FILTER;
import static thaw.kernels.cpu.generator.WinogradTransform.FILTER_GRADIENT;
import static thaw.kernels.cpu.generator.WinogradTransform.GRADIENT;
import static thaw.kernels.cpu.generator.WinogradTransform.INPUT;
import static thaw.kernels.cpu.generator.WinogradTransform.OUTPUT;
import static thaw.kernels.cpu.generator.WinogradTransform.STRIDED_FILTER;
import static thaw.kernels.cpu.generator.WinogradTransform.STRIDED_FILTER_GRADIENT;
import static thaw.kernels.cpu.generator.WinogradTransform.STRIDED_GRADIENT;
import static thaw.kernels.cpu.generator.WinogradTransform.STRIDED_INPUT;
import static thaw.kernels.cpu.generator.WinogradTransform.STRIDED_OUTPUT;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The Java methods of {@link WinogradTransform}s, on vectors or on scalars: loops over lines, with a transform's formulas in
 * each. In their templates, CONSTANTS and FORMULAS stand for these lines; n is a number's place in its line.
 */
final class WinogradSource {

    /** Outputs of a whole tile along a line. */
    private static final int WHOLE = 4;

    /** A vector's width of lines side by side, without a loop: with one, which would turn once, it takes three times as long. */
    private static final String VECTOR_LINE = """

                private static void ${name}Line${outputs}(float[] ${from}, int from, int step, float[] ${to}, int to, int toStep) {
            CONSTANTS
            #let source ${from}, from${+ n step}
            #let target ${to}, to${+ n toStep}
            FORMULAS
                }
            """;

    private static final String SCALAR_LINES = """

                private void ${name}Line${outputs}(float[] ${from}, int from, int step, float[] ${to}, int to, int toStep) {
                    int end = from + lanes;
                    for (int i = from, o = to; i < end; i++, o++) {
            #let source ${from}[i${+ n step}]
            #let target ${to}[o${+ n toStep}]
            FORMULAS
                    }
                }
            """;

    /** A tile of pixels to points or values: columns, then rows of the result. */
    private static final String TILE = """

                @Override
                public void ${name}(int rows, int columns, float[] ${from}, int from, int row, float[] scratch,
                        float[] ${to}, int to, int pair) {
                    for (int j = 0; j < ${width}; j++) {
                        ${name}Line(rows, ${from}, from + j * ${lanes}, row, scratch, j * ${lanes}, ${most} * ${lanes});
                    }
                    for (int i = 0; i < ${points}.LINE; i++) {
                        if (${points}.has(rows, i)) {
                            ${name}Line(columns, scratch, i * ${most} * ${lanes}, ${lanes}, ${to}, to + i * ${points}.LINE * pair, pair);
                        }
                    }
                }
            """;

    /** {@link #TILE} with a stride of 2: rows of the single tap are those of the pixels, without a transform of columns. */
    private static final String STRIDED_TILE = """

                @Override
                public void ${name}(int rows, int columns, float[] ${from}, int from, int row, float[] scratch,
                        float[] ${to}, int to, int pair) {
                    int line = WinogradPhases.LINE;
                    for (int j = 0; j < 2 * columns + 1; j++) {
                        stridedPointsLine(rows, ${from}, from + j * ${lanes}, row, scratch, j * ${lanes}, line * ${lanes});
                    }
                    for (int i = 0; i <= rows; i++) {
                        ${name}Line(columns, scratch, i * line * ${lanes}, ${lanes}, ${to}, to + i * line * pair, pair);
                    }
                    for (int i = 0; i < rows; i++) {
                        ${name}Line(columns, ${from}, from + (2 * i + 1) * row, ${lanes},
                                ${to}, to + (WinogradPhases.TAP + i) * line * pair, pair);
                    }
                }
            """;

    /** Points or values to a tile of pixels. */
    private static final String OUTPUT_TILE = """

                @Override
                public void ${name}(int rows, int columns, float[] ${from}, int from, int pair, float[] scratch,
                        BlockedEpilogue e, int channel, float[] ${to}, int to, int row) {
                    int line = ${points}.LINE;
                    for (int j = 0; j < line; j++) {
                        if (${points}.has(columns, j)) {
                            ${name}Line(rows, ${from}, from + j * pair, line * pair, scratch, j * ${lanes}, line * ${lanes});
                        }
                    }
                    for (int i = 0; i < rows; i++) {
                        ${name}Line(columns, scratch, i * line * ${lanes}, ${lanes}, ${to}, to + i * row, ${lanes});
                    }
                    epilogue(rows, columns, e, channel, ${to}, to, row);
                }
            """;

    private static final String FILTER_TILE = """

                @Override
                public void ${name}(int outputs, float[] ${from}, int from, int place, float[] scratch, float[] ${to}, int to, int pair) {
                    for (int j = 0; j < ${size}; j++) {
                        ${name}Line(outputs, ${from}, from + j * place, ${size} * place, scratch, j * ${lanes}, ${size} * ${lanes});
                    }
                    int results = ${results};
                    for (int i = 0; i < results; i++) {
                        ${name}Line(outputs, scratch, i * ${size} * ${lanes}, ${lanes}, ${to}, to + i * results * pair, pair);
                    }
                }
            """;

    /** Lines side by side. */
    private static final String COLUMNS = """

                ${modifiers} void ${name}Columns(int columns, float[] ${from}, int from, int step,
                        float[] ${to}, int to, int toStep) {
            CONSTANTS
                    for (int c = 0; c < columns * ${lanes}; ${next}) {
                        int i = from + c;
                        int o = to + c;
            #let source ${from}${[}i${+ n step}${]}
            #let target ${to}${[}o${+ n toStep}${]}
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

                private static void ${name}Columns(int columns, float[] ${from}, int from, int step, float[] scale, float[] shift,
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

    private static final String SCALAR_PIXELS_TO_POINTS = """

                @Override
                public void ${name}Rows(int tiles, float[] ${from}, int from, float[] ${to}, int to, int pair) {
                    for (int t = 0; t < tiles * lanes; t += lanes) {
                        ${name}Line${outputs}(${from}, from + ${outputs} * t, lanes, ${to}, to + t, pair);
                    }
                }
            """;

    private static final String SCALAR_POINTS_TO_PIXELS = """

                @Override
                public void ${name}Rows(int tiles, float[] ${from}, int from, int pair, float[] ${to}, int to) {
                    for (int t = 0; t < tiles * lanes; t += lanes) {
                        ${name}Line${outputs}(${from}, from + t, pair, ${to}, to + ${outputs} * t, lanes);
                    }
                }
            """;

    private static final String EPILOGUES = """

                @Override
                public void outputColumns(int columns, float[] m, int from, int step, BlockedEpilogue e, int channel,
                        float[] y, int to, int toStep) {
                    if (e == null) {
                        outputColumns(columns, m, from, step, y, to, toStep);
                    } else if (e.residual() == null) {
                        outputColumns(columns, m, from, step, e.scale(), e.shift(), channel, floor(e), y, to, toStep);
                    } else {
                        outputColumns(columns, m, from, step, e.scale(), e.shift(), channel, floor(e), e.residual(), y, to, toStep);
                    }
                }

                /** The lower bound of the activation: 0 for a ReLU, −∞ for none. */
                private static float floor(BlockedEpilogue e) {
                    return e.relu() ? 0 : Float.NEGATIVE_INFINITY;
                }

                /** Applies the epilogue to a tile's pixels, in place; null for none. */
                private static void epilogue(int rows, int columns, BlockedEpilogue e, int channel, float[] y, int to, int row) {
                    for (int i = 0; e != null && i < rows; i++) {
                        if (e.residual() == null) {
                            epilogue(columns, e.scale(), e.shift(), channel, floor(e), y, to + i * row);
                        } else {
                            epilogue(columns, e.scale(), e.shift(), channel, floor(e), e.residual(), y, to + i * row);
                        }
                    }
                }
            """;

    /** The epilogue of a row of pixels. */
    private static final String ROW_EPILOGUE = """

                private static void epilogue(int columns, float[] scale, float[] shift, int channel, float floor,
                        ${parameter}float[] y, int to) {
                    FloatVector a = FloatVector.fromArray(S, scale, channel);
                    FloatVector b = FloatVector.fromArray(S, shift, channel);
                    FloatVector least = FloatVector.broadcast(S, floor);
                    for (int o = to; o < to + columns * L; o += L) {
            #let n 0
                        FloatVector.fromArray(S, y, o).fma(a, b)${residual}.max(least).intoArray(y, o);
                    }
                }
            """;

    private static final String SCALAR_EPILOGUES = """

                @Override
                public void outputColumns(int columns, float[] m, int from, int step, BlockedEpilogue e, int channel,
                        float[] y, int to, int toStep) {
                    outputColumns(columns, m, from, step, y, to, toStep);
                    epilogue(4, columns, e, channel, y, to, toStep);
                }

                /** Applies the epilogue to a tile's pixels, in place; null for none. */
                private void epilogue(int rows, int columns, BlockedEpilogue e, int channel, float[] y, int to, int row) {
                    for (int i = 0; e != null && i < rows; i++) {
                        e.apply(loops, channel, y, to + i * row, lanes, columns);
                    }
                }
            """;

    private static final String CHOICE = """

                private ${static}void ${name}Line(int outputs, float[] ${from}, int from, int step,
                        float[] ${to}, int to, int toStep) {
                    switch (outputs) {
            CASES            default -> throw new IllegalArgumentException("no lines have " + outputs + " outputs");
                    }
                }
            """;

    private static final String CASE = "            case ${outputs} -> ${name}Line${outputs}(${from}, from, step, ${to}, to, toStep);\n";

    private static final Map<String, String> VECTORS = Map.of(
            "type", "FloatVector",
            "static", "static ",
            "lanes", "L",
            "next", "c += L",
            "[", ", ",
            "]", "",
            "load", "FloatVector.fromArray(S, ${source})",
            "store", "${value}.intoArray(${target})");

    private static final Map<String, String> SCALARS = Map.of(
            "type", "float",
            "static", "",
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
        for (WinogradTransform filter : List.of(FILTER, STRIDED_FILTER)) {
            add(FILTER_TILE, filter, WHOLE, Map.of("size", "3", "results", "outputs + 2"));
        }
        for (WinogradTransform gradient : List.of(FILTER_GRADIENT, STRIDED_FILTER_GRADIENT)) {
            add(FILTER_TILE, gradient, WHOLE, Map.of("size", "6", "results", "3"));
        }
        add(TILE, INPUT, WHOLE, Map.of("points", "WinogradPoints", "width", "columns + 2", "most", "6"));
        add(STRIDED_TILE, STRIDED_INPUT, WHOLE, Map.of());
        add(TILE, GRADIENT, WHOLE, Map.of("points", "WinogradPoints", "width", "columns", "most", "4"));
        add(TILE, STRIDED_GRADIENT, WHOLE, Map.of("points", "WinogradPhases", "width", "columns", "most", "4"));
        add(OUTPUT_TILE, OUTPUT, WHOLE, Map.of("points", "WinogradPoints"));
        add(OUTPUT_TILE, STRIDED_OUTPUT, WHOLE, Map.of("points", "WinogradPhases"));
        add(COLUMNS_WITH_ENDS, INPUT, WHOLE, Map.of());
        add(COLUMNS, GRADIENT, WHOLE, Map.of("modifiers", "@Override\n    public"));
        add(COLUMNS, OUTPUT, WHOLE, Map.of("modifiers", vectors ? "private static" : "private"));
        add(vectors ? EPILOGUES : SCALAR_EPILOGUES, OUTPUT, WHOLE, Map.of());
        add(vectors ? PIXELS_TO_POINTS : SCALAR_PIXELS_TO_POINTS, INPUT, WHOLE, Map.of());
        add(vectors ? PIXELS_TO_POINTS : SCALAR_PIXELS_TO_POINTS, GRADIENT, WHOLE, Map.of());
        add(vectors ? POINTS_TO_PIXELS : SCALAR_POINTS_TO_PIXELS, OUTPUT, WHOLE, Map.of());
        if (vectors) {
            Map<String, String> plain = Map.of("parameter", "", "residual", "");
            Map<String, String> residual = Map.of("parameter", "float[] residual, ",
                    "residual", "\n                    .add(FloatVector.fromArray(S, residual, o${+ n toStep}))");
            for (Map<String, String> epilogue : List.of(plain, residual)) {
                add(COLUMNS_WITH_EPILOGUE, OUTPUT, WHOLE, epilogue);
                add(ROW_EPILOGUE, OUTPUT, WHOLE, epilogue);
            }
        }
        WinogradTransform.ALL.forEach(this::lines);
    }

    static String vectors() {
        return new WinogradSource(true).out.toString();
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
