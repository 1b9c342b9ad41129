package thaw.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.kernels.reference.ReferenceBackend;

/** Every operator is reported once, by its name and the shapes that its cost depends on. */
class OperatorListenerTest {

    private static final Shape IMAGES = Shape.of(2, 4, 6, 6);

    private final Backend backend = new ReferenceBackend();
    private final List<String> calls = new ArrayList<>();
    private final Array x = backend.zeros(IMAGES);
    private final Array c = backend.zeros(Shape.of(4));
    private final Array m = backend.zeros(Shape.of(3, 5));

    @AfterEach
    void close() {
        backend.close();
    }

    private void expect(String... expected) {
        assertEquals(List.of(expected), calls);
        calls.clear();
    }

    private void listen() {
        backend.setOperatorListener((operator, shapes, nanos, flops) -> {
            assertTrue(nanos > 0);
            calls.add(operator + " " + shapes + (flops == 0 ? "" : " = " + flops));
        });
    }

    @Test
    void arraysAndShapes() {
        listen();
        Array y = backend.zeros(Shape.of(2));
        backend.of(Shape.of(2), new float[2]);
        backend.of(Shape.of(2), new double[2]);
        backend.copy(y);
        backend.read(y, new float[2]);
        backend.read(y, new double[2]);
        backend.write(y, new float[2]);
        backend.write(y, FloatBuffer.allocate(2));
        backend.fill(y, 1);
        backend.assign(y, y);
        expect("zeros [2]", "of [2]", "of [2]", "copy [2]", "read [2]", "read [2]", "write [2]", "write [2]", "fill [2]",
                "assign [2]");
        backend.reshape(m, Shape.of(15));
        backend.permute(m, 1, 0);
        backend.cat(List.of(m, m), 0);
        backend.narrow(m, 0, 1, 2);
        backend.expand(c, Shape.of(2, 4));
        expect("reshape [3, 5]", "permute [3, 5]", "cat [3, 5], [3, 5]", "narrow [3, 5]", "expand [4] to [2, 4]");
    }

    @Test
    void elementwiseReductionsAndProducts() {
        listen();
        backend.unary(UnaryOp.RELU, m);
        backend.unaryGradient(UnaryOp.RELU, m, null, m);
        backend.binary(BinaryOp.ADD, c, c);
        backend.affine(m, 1, 2);
        backend.clamp(m, 1, 2);
        backend.dropout(m, 0.5, 1);
        backend.add(m, m);
        backend.lerp(m, m, 0.5);
        expect("unary RELU [3, 5]", "unaryGradient RELU [3, 5]", "binary ADD [4], [4]", "affine [3, 5]", "clamp [3, 5]",
                "dropout [3, 5]", "add [3, 5]", "lerp [3, 5]");
        backend.sum(m, false);
        backend.argmax(m);
        backend.matmul(m, false, m, true);
        expect("sum [3, 5]", "argmax [3, 5]", "matmul [3, 5], [3, 5] = " + 2 * 3 * 5 * 3);
    }

    @Test
    void convolutions() {
        Conv2dOptions options = Conv2dOptions.of(2, 1, 1, 2);
        Array w = backend.zeros(Shape.of(8, 2, 3, 3));
        Array y = backend.zeros(Shape.of(2, 8, 3, 3));
        Array k = backend.zeros(Shape.of(8));
        listen();
        backend.conv2d(x, w, options);
        backend.conv2d(x, w, new Epilogue(k, k, y, true), options);
        backend.conv2dInputGradient(y, w, IMAGES, options);
        backend.conv2dWeightGradient(y, x, w.shape(), options);
        String shapes = "[2, 4, 6, 6] → 8, 3×3, stride 2, 2 groups";
        String flops = " = " + 2 * (2 * 8 * 3 * 3) * (2 * 3 * 3);
        expect("conv2d " + shapes + flops, "conv2d " + shapes + ", scale, shift, residual, relu" + flops,
                "conv2dInputGradient " + shapes + flops, "conv2dWeightGradient " + shapes + flops);
    }

    @Test
    void normsAndPools() {
        listen();
        Backend.Normalized n = backend.batchNormTrain(x, c, c, null, null, 0.1, 1e-5, x, true);
        backend.batchNormEval(x, c, c, c, c, 1e-5);
        backend.batchNormAffine(c, c, c, c, 1e-5);
        backend.batchNormTrainGradient(x, x, n.y(), c, n.mean(), n.invStd(), true, true);
        backend.batchNormEvalGradient(x, x, c, c, c, 1e-5, true, true);
        expect("batchNormTrain [2, 4, 6, 6] + residual, relu", "batchNormEval [2, 4, 6, 6]", "batchNormAffine [4]",
                "batchNormTrainGradient [2, 4, 6, 6] + residual, relu", "batchNormEvalGradient [2, 4, 6, 6]");
        Pool2dOptions half = Pool2dOptions.of(2, 2, 0);
        Backend.Pooled max = backend.maxPool2d(x, half, true);
        backend.adaptiveMaxPool2d(x, 1, 1);
        backend.maxPool2dGradient(max.values(), max.indices(), IMAGES);
        Array avg = backend.avgPool2d(x, half);
        backend.avgPool2dGradient(avg, IMAGES, half);
        backend.adaptiveAvgPool2d(x, 3, 3);
        backend.adaptiveAvgPool2dGradient(avg, IMAGES);
        expect("maxPool2d [2, 4, 6, 6]", "adaptiveMaxPool2d [2, 4, 6, 6]", "maxPool2dGradient [2, 4, 6, 6]",
                "avgPool2d [2, 4, 6, 6]", "avgPool2dGradient [2, 4, 6, 6]", "adaptiveAvgPool2d [2, 4, 6, 6]",
                "adaptiveAvgPool2dGradient [2, 4, 6, 6]");
    }

    @Test
    void lossesAndUpdates() {
        Array labels = backend.zeros(Shape.of(3));
        listen();
        backend.logSoftmaxGradient(m, backend.logSoftmax(m));
        backend.crossEntropy(m, labels, null, 0, Reduction.MEAN);
        backend.binaryCrossEntropy(m, m, null, Reduction.MEAN);
        backend.sgd(new SgdOps.Options(0.1, 0, 0, 0, false, false), List.of(m, c), List.of(m, c), List.of(), new boolean[0]);
        backend.adamW(new AdamWOps.Options(0.1, 0.9, 0.99, 1e-8, 0, false), List.of(c), List.of(c), List.of(c), List.of(c),
                new long[] {1});
        expect("logSoftmax [3, 5]", "logSoftmaxGradient [3, 5]", "crossEntropy [3, 5]", "binaryCrossEntropy [3, 5]",
                "sgd 2 parameters", "adamW 1 parameters");
    }

    @Test
    void nothingIsReportedOfARefusedCallOrWithoutAListener() {
        listen();
        assertThrows(IllegalArgumentException.class, () -> backend.add(m, c));
        backend.setOperatorListener(null);
        backend.add(m, m);
        expect();
    }
}
