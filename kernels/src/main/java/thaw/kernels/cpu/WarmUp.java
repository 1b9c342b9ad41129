package thaw.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/**
 * The layers of a small network, again and again until the compiler has taken notice.
 *
 * <p>Until C2 has compiled a kernel on vectors, each of its vectors is an object. The first image of a real network would
 * spend seconds in its first few loops, and C2 compile each kernel twice: once to jump into the running loop, once for the
 * next call. Few channels make short loops, of which only calls are counted: half the compiler's work, and nearly none
 * of the waiting. The processor time of a first ResNet-18 prediction, process and all, falls from 3.7 s to 2.6.
 */
final class WarmUp {

    /** Widths of a ResNet's images, since kernels differ by the pixels that they take together. */
    private static final int[] WIDTHS = {7, 14, 28, 56};

    /** C2 compiles a method after 600 calls or more; a round has tens of each kernel's. */
    private static final int ROUNDS = 40;

    private final Backend backend;
    private final int lanes;
    private final List<Array> arrays = new ArrayList<>();

    private WarmUp(Backend backend, int lanes) {
        this.backend = backend;
        this.lanes = lanes;
    }

    static void run(Backend backend, int lanes) {
        WarmUp warmUp = new WarmUp(backend, lanes);
        for (int round = 0; round < ROUNDS; round++) {
            for (int width : WIDTHS) {
                // Large images have many calls a round.
                if (round % Math.max(1, width / 14) == 0) {
                    warmUp.block(width);
                }
            }
            if (round % 4 == 3) {
                warmUp.ends();
            }
            warmUp.arrays.forEach(Array::release);
            warmUp.arrays.clear();
        }
    }

    /** The convolutions of a residual block. */
    private void block(int width) {
        Array x = zeros(1, lanes, width, width);
        Array wide = conv(x, 2 * lanes, 1, 1);
        Array y = conv(x, 2 * lanes, 3, 1);
        Epilogue sum = new Epilogue(zeros(2 * lanes), zeros(2 * lanes), wide, true);
        keep(backend.conv2dWithEpilogue(x, zeros(2 * lanes, lanes, 3, 3), sum, Conv2dOptions.of(1, 1)));
        Array norm = keep(backend.batchNormEval(y, zeros(2 * lanes), zeros(2 * lanes), zeros(2 * lanes), zeros(2 * lanes), 1e-5));
        keep(backend.unary(UnaryOp.RELU, keep(backend.binary(BinaryOp.ADD, norm, wide))));
    }

    /** What there is once in a network, and the convolutions that halve an image. */
    private void ends() {
        Array y = conv(zeros(1, 3, 32, 32), 2 * lanes, 7, 2);
        Array pooled = keep(backend.maxPool2d(y, Pool2dOptions.of(3, 2, 1), false).values());
        conv(pooled, 2 * lanes, 3, 2);
        conv(pooled, 2 * lanes, 1, 2);
        Array features = keep(backend.adaptiveAvgPool2d(pooled, 1, 1));
        Array row = keep(backend.reshape(features, Shape.of(1, 2 * lanes)));
        keep(backend.matmul(row, false, zeros(100, 2 * lanes), true));
    }

    private Array conv(Array x, int outputs, int kernel, int stride) {
        Array w = zeros(outputs, x.shape().dim(1), kernel, kernel);
        return keep(backend.conv2d(x, w, null, Conv2dOptions.of(stride, kernel / 2)));
    }

    private Array zeros(int... dims) {
        return keep(backend.zeros(Shape.of(dims)));
    }

    private Array keep(Array x) {
        arrays.add(x);
        return x;
    }
}
