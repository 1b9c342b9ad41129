package thaw.kernels.reference;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.Agreement;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/**
 * Compares every gradient with central differences in float64: for {@code L(x) = Σ gy · f(x)} with random {@code gy},
 * {@code ∂L/∂x_i ≈ (L(x + h·e_i) − L(x − h·e_i)) / 2h}.
 */
class ReferenceGradientTest {

    private static final double H = 1e-6;
    private static final double TOLERANCE = 1e-7;

    private final Backend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(11);

    @Test
    void conv2d() {
        List<Conv2dOptions> options = List.of(Conv2dOptions.DEFAULT, Conv2dOptions.of(1, 1), Conv2dOptions.of(2, 1),
                Conv2dOptions.of(1, 2, 2, 1), Conv2dOptions.of(2, 3, 1, 2), new Conv2dOptions(2, 1, 0, 3, 1, 2, 3));
        for (Conv2dOptions o : options) {
            int groups = o.groups();
            Array x = uniform(Shape.of(2, 2 * groups, 6, 7));
            Array w = uniform(Shape.of(3 * groups, 2, 3, 2));
            Array bias = uniform(Shape.of(3 * groups));
            Array gy = uniform(o.outputShape(x.shape(), w.shape()));
            check(x, gy, v -> backend.conv2d(v, w, o), backend.conv2dInputGradient(gy, w, x.shape(), o));
            check(w, gy, v -> backend.conv2d(x, v, o), backend.conv2dWeightGradient(gy, x, w.shape(), o));
            check(bias, gy, v -> backend.conv2d(x, w, Epilogue.bias(v), o), backend.sum(gy, false, 0, 2, 3));
        }
    }

    @Test
    void batchNormTrain() {
        for (Shape shape : List.of(Shape.of(3, 4, 2, 3), Shape.of(7, 5), Shape.of(5, 1, 1, 1))) {
            int c = shape.dim(1);
            Array x = uniform(shape);
            Array weight = uniform(Shape.of(c));
            Array bias = uniform(Shape.of(c));
            Array gy = uniform(shape);
            Array residual = uniform(shape);
            for (boolean relu : new boolean[] {false, true}) {
                Backend.Normalized n = backend.batchNormTrain(x, weight, bias, null, null, 0.1, 1e-3, residual, relu);
                Backend.NormGradients g = backend.batchNormTrainGradient(gy, x, relu ? n.y() : null, weight, n.mean(), n.invStd(),
                        true, true);
                check(x, gy, v -> backend.batchNormTrain(v, weight, bias, null, null, 0.1, 1e-3, residual, relu).y(), g.x());
                check(weight, gy, v -> backend.batchNormTrain(x, v, bias, null, null, 0.1, 1e-3, residual, relu).y(), g.weight());
                check(bias, gy, v -> backend.batchNormTrain(x, weight, v, null, null, 0.1, 1e-3, residual, relu).y(), g.bias());
                check(residual, gy, v -> backend.batchNormTrain(x, weight, bias, null, null, 0.1, 1e-3, v, relu).y(),
                        g.residual());
            }
        }
    }

    @Test
    void batchNormEval() {
        for (Shape shape : List.of(Shape.of(3, 4, 2, 3), Shape.of(7, 5), Shape.of(1, 2, 1, 1))) {
            int c = shape.dim(1);
            Array x = uniform(shape);
            Array weight = uniform(Shape.of(c));
            Array bias = uniform(Shape.of(c));
            Array mean = uniform(Shape.of(c));
            Array var = positive(Shape.of(c));
            Array gy = uniform(shape);
            Backend.NormGradients g = backend.batchNormEvalGradient(gy, x, weight, mean, var, 1e-3, true, true);
            check(x, gy, v -> backend.batchNormEval(v, weight, bias, mean, var, 1e-3), g.x());
            check(weight, gy, v -> backend.batchNormEval(x, v, bias, mean, var, 1e-3), g.weight());
            check(bias, gy, v -> backend.batchNormEval(x, weight, v, mean, var, 1e-3), g.bias());
        }
    }

    @Test
    void pooling() {
        List<Pool2dOptions> options = List.of(Pool2dOptions.of(2, 2, 0), Pool2dOptions.of(3, 2, 1),
                new Pool2dOptions(3, 2, 1, 3, 1, 0, false), new Pool2dOptions(4, 3, 2, 1, 2, 1, false));
        for (Pool2dOptions o : options) {
            Array x = uniform(Shape.of(2, 3, 7, 6));
            Array gy = uniform(o.outputShape(x.shape()));
            check(x, gy, v -> backend.maxPool2d(v, o, true).values(),
                    backend.maxPool2dGradient(gy, backend.maxPool2d(x, o, true).indices(), x.shape()));
            check(x, gy, v -> backend.avgPool2d(v, o), backend.avgPool2dGradient(gy, x.shape(), o));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8})
    void adaptivePooling(int out) {
        Array x = uniform(Shape.of(2, 3, 7, 5));
        Array gy = uniform(Shape.of(2, 3, out, 2));
        check(x, gy, v -> backend.adaptiveMaxPool2d(v, out, 2).values(),
                backend.maxPool2dGradient(gy, backend.adaptiveMaxPool2d(x, out, 2).indices(), x.shape()));
        check(x, gy, v -> backend.adaptiveAvgPool2d(v, out, 2), backend.adaptiveAvgPool2dGradient(gy, x.shape()));
    }

    @ParameterizedTest
    @EnumSource
    void unary(UnaryOp op) {
        Shape shape = Shape.of(3, 5);
        Array x = op == UnaryOp.LOG || op == UnaryOp.SQRT ? positive(shape) : uniform(shape);
        Array gy = uniform(shape);
        boolean input = op.gradientNeedsInput();
        Array y = backend.unary(op, x);
        check(x, gy, v -> backend.unary(op, v), backend.unaryGradient(op, gy, input ? x : null, input ? null : y));
    }

    @Test
    void binaryCrossEntropy() {
        Array scores = uniform(Shape.of(3, 4));
        Array target = positive(Shape.of(3, 4));
        Array weight = positive(Shape.of(4));
        Array one = backend.of(Shape.SCALAR, new double[] {1});
        for (Reduction r : Reduction.values()) {
            for (Array v : Arrays.asList(null, weight)) {
                check(scores, one, s -> backend.binaryCrossEntropy(s, target, v, r).value(),
                        backend.binaryCrossEntropy(scores, target, v, r).gradient());
            }
        }
    }

    @Test
    void matmulGradientsAreMatmuls() {
        Array a = uniform(Shape.of(3, 4));
        Array b = uniform(Shape.of(5, 4));
        Array gy = uniform(Shape.of(3, 5));
        check(a, gy, v -> backend.matmul(v, false, b, true), backend.matmul(gy, false, b, false));
        check(b, gy, v -> backend.matmul(a, false, v, true), backend.matmul(gy, true, a, false));
    }

    @Test
    void rearrangingAndItsGradients() {
        Array x = uniform(Shape.of(2, 3, 4));
        Array gy = uniform(Shape.of(4, 2, 3));
        check(x, gy, v -> backend.permute(v, 2, 0, 1), backend.permute(gy, 1, 2, 0));
        Array gSum = uniform(Shape.of(2, 1, 4));
        check(x, gSum, v -> backend.sum(v, true, 1), backend.expand(gSum, x.shape()));
        check(gSum, x, v -> backend.expand(v, x.shape()), backend.sum(x, true, 1));
        Array other = uniform(Shape.of(2, 2, 4));
        Array gCat = uniform(Shape.of(2, 5, 4));
        check(x, gCat, v -> backend.cat(List.of(other, v), 1), backend.narrow(gCat, 1, 2, 3));
    }

    @Test
    void dropoutIsItsOwnGradient() {
        Array x = uniform(Shape.of(4, 6));
        Array gy = uniform(x.shape());
        check(x, gy, v -> backend.dropout(v, 0.4, 9), backend.dropout(gy, 0.4, 9));
    }

    @Test
    void logSoftmax() {
        Array x = uniform(Shape.of(4, 6));
        Array gy = uniform(x.shape());
        check(x, gy, backend::logSoftmax, backend.logSoftmaxGradient(gy, backend.logSoftmax(x)));
    }

    @Test
    void crossEntropy() {
        Array scores = uniform(Shape.of(4, 5));
        Array classWeight = positive(Shape.of(5));
        Array labels = backend.of(Shape.of(4), new double[] {0, 4, 2, 2});
        Array probabilities = backend.unary(UnaryOp.EXP, backend.logSoftmax(uniform(Shape.of(4, 5))));
        for (Reduction reduction : Reduction.values()) {
            for (double smoothing : new double[] {0, 0.1, 1}) {
                for (Array target : List.of(labels, probabilities)) {
                    for (Array weight : Arrays.asList(null, classWeight)) {
                        check(scores, v -> read(backend.crossEntropy(v, target, weight, smoothing, reduction).value())[0],
                                backend.crossEntropy(scores, target, weight, smoothing, reduction).gradient());
                    }
                }
            }
        }
    }

    // ---- central differences ---------------------------------------------------------------------------------------

    private void check(Array x, Array gy, Function<Array, Array> f, Array gradient) {
        double[] weights = read(gy);
        check(x, v -> {
            double[] y = read(f.apply(v));
            double sum = 0;
            for (int i = 0; i < y.length; i++) {
                sum += weights[i] * y[i];
            }
            return sum;
        }, gradient);
    }

    private void check(Array x, ToDoubleFunction<Array> loss, Array gradient) {
        double[] values = read(x);
        double[] numeric = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            double[] moved = values.clone();
            moved[i] = values[i] + H;
            double above = loss.applyAsDouble(backend.of(x.shape(), moved));
            moved[i] = values[i] - H;
            double below = loss.applyAsDouble(backend.of(x.shape(), moved));
            numeric[i] = (above - below) / (2 * H);
        }
        double error = Agreement.relativeError(read(gradient), numeric);
        assertTrue(error < TOLERANCE, "relative error " + error + " for input " + x.shape());
    }

    private double[] read(Array x) {
        double[] values = new double[x.shape().size()];
        backend.read(x, values);
        return values;
    }

    private Array uniform(Shape shape) {
        return backend.of(shape, random.doubles(shape.size()).map(u -> 4 * u - 2).toArray());
    }

    private Array positive(Shape shape) {
        return backend.of(shape, random.doubles(shape.size(), 0.5, 2).toArray());
    }
}
