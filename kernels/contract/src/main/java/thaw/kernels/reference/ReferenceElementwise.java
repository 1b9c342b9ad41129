package thaw.kernels.reference;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.BinaryOp;
import thaw.kernels.ElementwiseOps;
import thaw.kernels.Shape;
import thaw.kernels.SplitMix64;
import thaw.kernels.UnaryOp;

/** Element-wise functions. */
final class ReferenceElementwise implements ElementwiseOps {

    private final ReferenceMemory memory;

    ReferenceElementwise(ReferenceMemory memory) {
        this.memory = memory;
    }

    @Override
    public Array unary(UnaryOp op, Array x) {
        return map(function(op), x);
    }

    @Override
    public Array unaryGradient(UnaryOp op, Array gy, @Nullable Array x, @Nullable Array y) {
        DoubleUnaryOperator slope = derivative(op);
        return zip((g, v) -> g * slope.applyAsDouble(v), gy, op.gradientNeedsInput() ? x : y);
    }

    @Override
    public Array binary(BinaryOp op, Array a, Array b) {
        return zip(function(op), a, b);
    }

    @Override
    public Array affine(Array x, double alpha, double beta) {
        return map(v -> alpha * v + beta, x);
    }

    @Override
    public Array clamp(Array x, double low, double high) {
        return map(v -> Math.min(Math.max(v, low), high), x);
    }

    /** {@code y[i] = x[i] / (1 − p)} if {@code u(seed + i) ≥ p}, else 0, where u is {@link SplitMix64#fraction}. */
    @Override
    public Array dropout(Array array, double p, long seed) {
        double[] x = memory.values(array).data;
        ReferenceArray y = memory.zeros(array.shape());
        for (int i = 0; i < x.length; i++) {
            y.data[i] = SplitMix64.fraction(seed + i) >= p ? x[i] / (1 - p) : 0;
        }
        return y;
    }

    @Override
    public void add(Array target, Array x) {
        update(Double::sum, target, x);
    }

    @Override
    public void lerp(Array target, Array x, double weight) {
        update((t, v) -> t + weight * (v - t), target, x);
    }

    /** The function f of an operator. */
    private static DoubleUnaryOperator function(UnaryOp op) {
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
    private static DoubleUnaryOperator derivative(UnaryOp op) {
        return switch (op) {
            case RELU -> y -> y <= 0 ? 0 : 1;
            case SIGMOID -> y -> y * (1 - y);
            case TANH -> y -> 1 - y * y;
            case EXP -> y -> y;
            case LOG -> x -> 1 / x;
            case ABS -> x -> x > 0 ? 1 : x < 0 ? -1 : 0;
            case SQUARE -> x -> 2 * x;
            case SQRT -> y -> 0.5 / y;
        };
    }

    private static DoubleBinaryOperator function(BinaryOp op) {
        return switch (op) {
            case ADD -> Double::sum;
            case SUB -> (a, b) -> a - b;
            case MUL -> (a, b) -> a * b;
            case DIV -> (a, b) -> a / b;
        };
    }

    /** y[i] = f(x[i]) */
    private Array map(DoubleUnaryOperator f, Array array) {
        double[] x = memory.values(array).data;
        ReferenceArray y = memory.zeros(array.shape());
        for (int i = 0; i < x.length; i++) {
            y.data[i] = f.applyAsDouble(x[i]);
        }
        return y;
    }

    /** y[i] = f(a[i], b[i]), with broadcasting */
    private Array zip(DoubleBinaryOperator f, Array left, Array right) {
        double[] a = memory.values(left).data;
        double[] b = memory.values(right).data;
        Shape shape = Shape.broadcast(left.shape(), right.shape());
        int[] inA = ReferenceStrides.places(shape, 0, ReferenceStrides.broadcast(left.shape(), shape));
        int[] inB = ReferenceStrides.places(shape, 0, ReferenceStrides.broadcast(right.shape(), shape));
        ReferenceArray y = memory.zeros(shape);
        for (int i = 0; i < y.data.length; i++) {
            y.data[i] = f.applyAsDouble(a[inA[i]], b[inB[i]]);
        }
        return y;
    }

    /** In place: target[i] ← f(target[i], x[i]) */
    private void update(DoubleBinaryOperator f, Array target, Array array) {
        double[] to = memory.values(target).data;
        double[] x = memory.values(array).data;
        for (int i = 0; i < to.length; i++) {
            to[i] = f.applyAsDouble(to[i], x[i]);
        }
        target.storage().changed();
    }
}
