package thaw.kernels.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.junit.jupiter.api.Test;

import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.OperatorContract;
import thaw.kernels.Reduction;
import thaw.kernels.SgdOps;
import thaw.kernels.Shape;
import thaw.kernels.SplitMix64;
import thaw.kernels.UnaryOp;

/** Compares the reference with values of PyTorch 2.13 in float64. */
class ReferenceBackendTest extends OperatorContract {

    @Override
    protected Backend create() {
        return new ReferenceBackend();
    }

    @Test
    void conv2dWithAllItsOptions() {
        Conv2dOptions options = new Conv2dOptions(2, 1, 1, 2, 1, 2, 2);
        Array y = backend.conv2d(fill("x", 1, 4, 4, 5), fill("w", 4, 2, 3, 2), Epilogue.bias(fill("b", 4)), options);
        assertValues(y,
                -0.241547947, -0.0371057358, -0.207387944, -0.606297873, -1.05051512, 0.200550878, -0.558000714,
                -0.0469339679, -0.168917098, 0.658529871, -0.65355348, -1.71678009, -0.191848591, 0.960196105,
                -0.615407419, -0.479643427, -0.027381023, -1.26022085, 2.04915088, -1.67519332, 1.71631766,
                -0.475510798, -0.705991922, -1.58298386, 0.369617611, 0.944980007, 0.766773109, -1.05767341,
                1.01981084, 0.524406894, -1.17916045, 1.59155999, 0.8155897, 1.09295937, -0.915749706,
                1.2104944, 1.87928717, 0.469237001, -0.460819268, 0.660183789, -0.362645648, 2.32765798,
                1.23638795, -0.00590185296, -1.40279536, 1.7778191, 1.75938202, 0.302309743, -0.643071926,
                0.851242816, 1.90738674, -0.543689051, -0.754679154, -0.90183872, 0.0259624493, -0.723169674);
    }

    @Test
    void batchNormAndItsRunningStatistics() {
        Array x = fill("bn", 2, 2, 1, 3);
        Array gamma = fill("gamma", 2);
        Array beta = fill("beta", 2);
        Array mean = fill("rm", 2);
        Array var = spread("rv", 0.5, 2);
        assertValues(backend.batchNormTrain(x, gamma, beta, mean, var, 0.1, 1e-3, null, false).y(),
                -0.425635388, 2.2247792, 0.537427751, -0.262535923, -0.999899087, 0.528275348,
                0.523142921, 1.31856721, -0.185665521, 0.61542053, -0.171563631, -0.350875369);
        assertValues(mean, 0.64830242, -0.663320712);
        assertValues(var, 0.886568964, 1.1373974);
        assertValues(backend.batchNormEval(x, gamma, beta, mean, var, 1e-3),
                0.368031738, 2.17801462, 1.02571292, 0.198159051, -0.0298032124, 0.442645263,
                1.01595773, 1.55915741, 0.531908497, 0.469586957, 0.226283929, 0.170848139);
    }

    @Test
    void crossEntropyWithClassWeightsAndSmoothing() {
        Array scores = backend.affine(fill("scores", 3, 4), 3, 0);
        Array labels = backend.of(Shape.of(3), new double[] {2, 0, 3});
        Array weight = spread("cw", 0.1, 4);
        Backend.Loss mean = backend.crossEntropy(scores, labels, weight, 0.1, Reduction.MEAN);
        assertValues(mean.value(), 2.0639835);
        assertValues(mean.gradient(), 0.112470487, 0.202735201, -0.317246248, 0.0020405598, -0.29277502, 0.175179129,
                0.0206429544, 0.0969529368, 0.0653238603, 0.106651157, 4.9989518e-05, -0.172025007);
        Backend.Loss sum = backend.crossEntropy(scores, labels, weight, 0.1, Reduction.SUM);
        assertValues(sum.value(), 5.03138383);
        Array q = backend.unary(UnaryOp.EXP, backend.logSoftmax(fill("q", 3, 4)));
        assertValues(backend.crossEntropy(scores, q, weight, 0.1, Reduction.MEAN).value(), 1.52002607);
        assertValues(backend.logSoftmax(scores), -1.11179541, -0.548168883, -2.65922759, -3.77127503, -2.01104566, -0.683541739,
                -2.51250466, -1.27203556, -1.28417863, -0.827129142, -3.36332335, -1.3815092);
    }

    @Test
    void threeStepsOfSgd() {
        assertSgd(new SgdOps.Options(0.1, 0.9, 0.1, 0.05, false, false), 0.457336721, -0.474638338);
        assertSgd(new SgdOps.Options(0.1, 0.9, 0, 0.05, true, false), 0.340769831, -0.480020728);
        assertSgd(new SgdOps.Options(0.1, 0.5, 0, 0, false, true), 0.850554657, -0.593911129);
        assertSgd(new SgdOps.Options(0.1, 0, 0, 0.05, false, false), 0.556398772, -0.552956098);
    }

    private void assertSgd(SgdOps.Options options, double... expected) {
        Array p = fill("p", 2);
        Array buffer = backend.zeros(p.shape());
        for (int i = 0; i < 3; i++) {
            backend.sgd(options, List.of(p), List.of(fill("g" + i, 2)), List.of(buffer), new boolean[] {i == 0});
        }
        assertValues(p, expected);
    }

    private void assertValues(Array x, double... expected) {
        double[] actual = new double[x.shape().size()];
        backend.read(x, actual);
        assertArrayEquals(expected, actual, 1e-8);
    }

    /** Numbers in [−1, 1) that any language can compute: splitmix64 of the name's 64-bit FNV-1a hash plus the index. */
    private Array fill(String name, int... dims) {
        return backend.of(Shape.of(dims), numbers(name, Shape.of(dims).size()));
    }

    /** Positive numbers, {@code |fill| + offset}. */
    private Array spread(String name, double offset, int size) {
        double[] values = numbers(name, size);
        for (int i = 0; i < size; i++) {
            values[i] = Math.abs(values[i]) + offset;
        }
        return backend.of(Shape.of(size), values);
    }

    private static double[] numbers(String name, int size) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b) * 0x100000001b3L;
        }
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            values[i] = 2 * SplitMix64.fraction(hash + i) - 1;
        }
        return values;
    }
}
