package thaw.kernels.cpu.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The formulas against their definition: a short convolution in one dimension, and transposed matrices. */
class WinogradTransformTest {

    private static final double ERROR = 1e-12;

    /** {@code Aᵀ [(G g) ⊙ (Bᵀ d)]} is the convolution of a line, for unit vectors g and d, of which it is a linear function. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void productsOfAFilterAndALineAreTheirConvolution(int outputs) {
        for (int i = 0; i < 3; i++) {
            double[] u = apply(FILTER, 4, unit(i, 3));
            for (int j = 0; j < outputs + 2; j++) {
                double[] v = apply(INPUT, outputs, unit(j, outputs + 2));
                double[] m = IntStream.range(0, outputs + 2).mapToDouble(p -> u[p] * v[p]).toArray();
                double[] y = apply(OUTPUT, outputs, m);
                for (int n = 0; n < outputs; n++) {
                    assertEquals(j - n == i ? 1 : 0, y[n], ERROR, "g" + i + " d" + j + " y" + n);
                }
            }
        }
    }

    /** The same with a stride of 2: the points' products of d0, d2, …, and those of the single tap with d1, d3, …. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void productsWithAStrideOfTwoAreTheConvolution(int outputs) {
        for (int i = 0; i < 3; i++) {
            double[] u = apply(STRIDED_FILTER, 4, unit(i, 3));
            for (int j = 0; j < 2 * outputs + 1; j++) {
                double[] v = apply(STRIDED_INPUT, outputs, unit(j, 2 * outputs + 1));
                double[] m = IntStream.range(0, 9).mapToDouble(p -> u[Math.min(p, 5)] * v[p]).toArray();
                double[] y = apply(STRIDED_OUTPUT, outputs, m);
                for (int n = 0; n < outputs; n++) {
                    assertEquals(j - 2 * n == i ? 1 : 0, y[n], ERROR, "g" + i + " d" + j + " y" + n);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void gradientsAreTransposed(int outputs) {
        transposed(OUTPUT, outputs + 2, GRADIENT, outputs, outputs);
        transposed(STRIDED_OUTPUT, 9, STRIDED_GRADIENT, outputs, outputs);
        transposed(FILTER, 3, FILTER_GRADIENT, 6, 4);
        transposed(STRIDED_FILTER, 3, STRIDED_FILTER_GRADIENT, 6, 4);
    }

    private static void transposed(WinogradTransform forward, int inputs, WinogradTransform back, int results, int outputs) {
        for (int i = 0; i < inputs; i++) {
            double[] column = apply(forward, outputs, unit(i, 9));
            for (int j = 0; j < results; j++) {
                assertEquals(column[j], apply(back, outputs, unit(j, results))[i], ERROR, back.name() + " " + i + " " + j);
            }
        }
    }

    private static double[] unit(int i, int length) {
        return IntStream.range(0, length).mapToDouble(j -> j == i ? 1 : 0).toArray();
    }

    private static double[] apply(WinogradTransform t, int outputs, double[] line) {
        Map<String, Double> values = new HashMap<>();
        for (int i = 0; i < line.length; i++) {
            values.put(t.from() + i, line[i]);
        }
        t.formulas().get(outputs).lines().map(formula -> formula.split(" = "))
                .forEach(formula -> values.put(formula[0], value(Formula.parse(formula[1]), values)));
        return IntStream.range(0, 9).mapToDouble(i -> values.getOrDefault(t.to() + i, 0.0)).toArray();
    }

    private static double value(Formula f, Map<String, Double> variables) {
        if (f instanceof Formula.Constant constant) {
            String[] parts = constant.text().split("/");
            return Double.parseDouble(parts[0]) / (parts.length == 1 ? 1 : Double.parseDouble(parts[1]));
        }
        if (f instanceof Formula.Negative negative) {
            return -value(negative.of(), variables);
        }
        if (f instanceof Formula.Fma fma) {
            return value(fma.a(), variables) * value(fma.b(), variables) + value(fma.c(), variables);
        }
        if (f instanceof Formula.Binary binary) {
            double left = value(binary.left(), variables);
            double right = value(binary.right(), variables);
            return binary.operator().equals("*") ? left * right : binary.operator().equals("+") ? left + right : left - right;
        }
        return variables.get(((Formula.Variable) f).name());
    }
}
