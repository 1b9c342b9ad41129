package thaw.kernels.reference;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

import thaw.kernels.BinaryOp;
import thaw.kernels.SplitMix64;
import thaw.kernels.UnaryOp;

/** Element-wise functions. */
final class ReferenceElementwise {

    private ReferenceElementwise() {
    }

    /** The function f of an operator. */
    static DoubleUnaryOperator function(UnaryOp op) {
        return switch (op) {
            case RELU -> x -> Math.max(x, 0);
            case SIGMOID -> x -> 1 / (1 + Math.exp(-x));
            case TANH -> Math::tanh;
            case EXP -> Math::exp;
            case LOG -> Math::log;
            case ABS -> Math::abs;
            case SQUARE -> x -> x * x;
            case SQRT -> Math::sqrt;
        };
    }

    /** The derivative f′ as a function of the output {@code y = f(x)} where possible, otherwise of the input {@code x}. */
    static DoubleUnaryOperator derivative(UnaryOp op) {
        return switch (op) {
            case RELU -> y -> y > 0 ? 1 : 0;
            case SIGMOID -> y -> y * (1 - y);
            case TANH -> y -> 1 - y * y;
            case EXP -> y -> y;
            case LOG -> x -> 1 / x;
            case ABS -> Math::signum;
            case SQUARE -> x -> 2 * x;
            case SQRT -> y -> 0.5 / y;
        };
    }

    static DoubleBinaryOperator function(BinaryOp op) {
        return switch (op) {
            case ADD -> Double::sum;
            case SUB -> (a, b) -> a - b;
            case MUL -> (a, b) -> a * b;
            case DIV -> (a, b) -> a / b;
        };
    }

    /** y[i] = f(x[i]) */
    static void map(DoubleUnaryOperator f, double[] x, double[] y) {
        for (int i = 0; i < y.length; i++) {
            y[i] = f.applyAsDouble(x[i]);
        }
    }

    /** y[i] = f(a[i], b[i]) */
    static void zip(DoubleBinaryOperator f, double[] a, double[] b, double[] y) {
        for (int i = 0; i < y.length; i++) {
            y[i] = f.applyAsDouble(a[i], b[i]);
        }
    }

    /** y[i] = f(a[inA[i]], b[inB[i]]) */
    static void zip(DoubleBinaryOperator f, double[] a, int[] inA, double[] b, int[] inB, double[] y) {
        for (int i = 0; i < y.length; i++) {
            y[i] = f.applyAsDouble(a[inA[i]], b[inB[i]]);
        }
    }

    /** {@code y[i] = x[i] / (1 − p)} if {@code u(seed + i) ≥ p}, else 0, where u is {@link SplitMix64#fraction}. */
    static void dropout(double[] x, double p, long seed, double[] y) {
        for (int i = 0; i < y.length; i++) {
            y[i] = SplitMix64.fraction(seed + i) >= p ? x[i] / (1 - p) : 0;
        }
    }
}
