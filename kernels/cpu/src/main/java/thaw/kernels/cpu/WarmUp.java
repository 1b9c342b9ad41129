package thaw.kernels.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.SgdOps;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;
import thaw.kernels.cpu.microkernel.Compilation;
import thaw.kernels.cpu.winograd.WinogradChoice;

/**
 * Trains a small network repeatedly until C2 has compiled its loops, all but those that {@link QuickStart} has had compiled
 * before.
 *
 * <p>Until C2 has compiled a vector kernel, each of its vectors is an object. Without a warm-up, the first step of a real
 * network spends seconds in its first few loops, allocates gigabytes of garbage, for which Java's heap grows and stays
 * large, and makes C2 compile each kernel twice: once to enter the running loop (on-stack replacement), once for the next
 * call. Few channels make short loops, of which only the calls are counted. While C2 compiles, further calls only produce
 * garbage: each round that allocates much is therefore followed by a pause.
 */
final class WarmUp {

    /** The widths of a ResNet's activations, since kernels differ by the number of pixels that they process together. */
    private static final int[] WIDTHS = {7, 14, 28, 56};

    /** The least number of channels for which Winograd is used with a stride of 2. */
    private static final int STRIDED_CHANNELS = WinogradChoice.STRIDED_CHANNELS;

    /** A round's arrays and tasks take up to 270 KB; a kernel that is not compiled allocates megabytes. */
    private static final long FEW_BYTES = 1 << 19;

    /** More than one, because some kernels run only every few rounds. */
    private static final int CALM_ROUNDS = 4;
    private static final long PAUSE_MILLIS = 10;
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(5);

    /**
     * The number of rounds where Java does not report a thread's allocations: C2 compiles a method after 600 calls or
     * more, and each round has tens of calls per method.
     */
    private static final int UNSEEN_ROUNDS = 40;

    private final Backend backend;
    private final int lanes;
    private final List<Array> arrays = new ArrayList<>();

    private WarmUp(Backend backend, int lanes) {
        this.backend = backend;
        this.lanes = lanes;
    }

    /** Runs rounds until a backend's loops are compiled. */
    static void run(Backend backend, int lanes) {
        WarmUp warmUp = new WarmUp(backend, lanes);
        if (Compilation.allocated() > 0) {
            warmUp.untilCalm();
        } else {
            for (int round = 0; round < UNSEEN_ROUNDS; round++) {
                warmUp.round(round);
            }
        }
    }

    private void untilCalm() {
        long began = System.nanoTime();
        int calm = 0;
        for (int round = 0; calm < CALM_ROUNDS && System.nanoTime() - began < LONGEST; round++) {
            long before = Compilation.allocated();
            round(round);
            calm = Compilation.allocated() - before < FEW_BYTES ? calm + 1 : 0;
            if (calm == 0 && !pause()) {
                return;
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void round(int round) {
        try {
            for (int width : WIDTHS) {
                // Large images have many calls per round.
                if (round % Math.max(1, width / 14) == 0) {
                    block(width);
                }
            }
            conv(zeros(1, STRIDED_CHANNELS, 28, 28), lanes, 3, 2);
            ends();
        } finally {
            arrays.forEach(Array::release);
            arrays.clear();
        }
    }

    /** The convolutions of a residual block. */
    private void block(int width) {
        Array x = zeros(1, lanes, width, width);
        Array wide = conv(x, 2 * lanes, 1, 1);
        Array y = conv(x, 2 * lanes, 3, 1);
        conv(x, 2 * lanes, 3, 2);
        conv(x, 2 * lanes, 1, 2);
        Epilogue sum = new Epilogue(zeros(2 * lanes), zeros(2 * lanes), wide, true);
        keep(backend.conv2d(x, zeros(2 * lanes, lanes, 3, 3), sum, Conv2dOptions.of(1, 1)));
        Array norm = keep(backend.batchNormEval(y, zeros(2 * lanes), zeros(2 * lanes), zeros(2 * lanes), zeros(2 * lanes), 1e-5));
        keep(backend.unary(UnaryOp.RELU, keep(backend.binary(BinaryOp.ADD, norm, wide))));
        norm(y, null);
        norm(y, wide);
    }

    private void norm(Array x, Array residual) {
        int channels = x.shape().dim(1);
        Array weight = zeros(channels);
        Backend.Normalized n = backend.batchNormTrain(x, weight, zeros(channels), zeros(channels), zeros(channels), 0.1, 1e-5,
                residual, true);
        Backend.NormGradients g = backend.batchNormTrainGradient(n.y(), x, n.y(), weight, n.mean(), n.invStd(), true,
                residual != null);
        for (Array made : Arrays.asList(n.y(), n.mean(), n.invStd(), g.x(), g.weight(), g.bias(), g.residual())) {
            if (made != null) {
                keep(made);
            }
        }
    }

    /** The layers that occur once in a network: the stem, the pooling and the head. */
    private void ends() {
        // A filter over three channels would be a loop so long that C2 compiles it twice.
        Array y = conv(zeros(1, 1, 14, 224), 2 * lanes, 7, 2);
        Backend.Pooled pooled = backend.maxPool2d(y, Pool2dOptions.of(3, 2, 1), true);
        Array values = keep(pooled.values());
        Array features = keep(backend.adaptiveAvgPool2d(values, 1, 1));
        Array row = keep(backend.reshape(features, Shape.of(1, 2 * lanes)));
        Array weight = zeros(100, 2 * lanes);
        Array scores = keep(backend.matmul(row, false, weight, true));
        keep(backend.maxPool2dGradient(values, keep(pooled.indices()), y.shape()));
        Backend.Loss loss = backend.crossEntropy(scores, zeros(1), null, 0, Reduction.MEAN);
        keep(loss.value());
        Array g = keep(loss.gradient());
        keep(backend.matmul(g, true, row, false));
        keep(backend.adaptiveAvgPool2dGradient(keep(backend.reshape(keep(backend.matmul(g, false, weight, false)),
                features.shape())), values.shape()));
        backend.add(y, y);
        backend.sgd(new SgdOps.Options(0, 0.9, 0, 1e-4, false, false), List.of(weight), List.of(zeros(100, 2 * lanes)),
                List.of(zeros(100, 2 * lanes)), new boolean[] {false});
    }

    private Array conv(Array x, int outputs, int kernel, int stride) {
        Array w = zeros(outputs, x.shape().dim(1), kernel, kernel);
        Conv2dOptions options = Conv2dOptions.of(stride, kernel / 2);
        Array y = keep(backend.conv2d(x, w, options));
        keep(backend.conv2dWeightGradient(y, x, w.shape(), options));
        if (x.shape().dim(1) > 1) {
            keep(backend.conv2dInputGradient(y, w, x.shape(), options));
        }
        return y;
    }

    private Array zeros(int... dims) {
        return keep(backend.zeros(Shape.of(dims)));
    }

    private Array keep(Array x) {
        arrays.add(x);
        return x;
    }
}
