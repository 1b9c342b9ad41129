package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import thaw.kernels.AdamWOps;
import thaw.kernels.Array;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.KernelTime;
import thaw.kernels.NormOps.Normalized;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.PoolOps.Pooled;
import thaw.kernels.Reduction;
import thaw.kernels.SgdOps;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/**
 * Runs every kernel on small arrays, from one thread, because simulators are not thread-safe: no program is compiled ahead, and the
 * device makes the values, since JOCL starts threads for uploads.
 */
final class EveryKernel {

    /** Cards' tiles with and without loading ahead, and a processor's; Winograd's algorithm from one channel on. */
    private static final List<Tuning> TUNINGS = List.of(Tuning.of(new GemmTile(false, 4, 4, 4, 4, 8, 4, true), 1),
            Tuning.of(new GemmTile(false, 4, 2, 2, 4, 4, 2), Integer.MAX_VALUE), Tuning.of(new GemmTile(true, 2, 2, 4, 8, 16, 4), 1));

    private final OpenClBackend on;
    private int seed;

    private EveryKernel(OpenClBackend on) {
        this.on = on;
    }

    /** The names under which kernels ran on the first device. */
    static Set<String> run() {
        Set<String> ran = new TreeSet<>();
        for (Tuning tuning : TUNINGS) {
            try (OpenClBackend backend = open(tuning)) {
                EveryKernel kernels = new EveryKernel(backend);
                kernels.products();
                if (ran.isEmpty()) {
                    kernels.convolutions();
                    kernels.norms();
                    kernels.elements();
                    kernels.windows();
                    kernels.losses();
                    kernels.updates();
                }
                backend.finish();
                backend.profile().orElseThrow().kernelTimes().stream().map(KernelTime::kernel).forEach(ran::add);
            }
        }
        return ran;
    }

    /** Runs one product of matrices with a card's tile. */
    static void runProduct() {
        try (OpenClBackend backend = open(TUNINGS.get(0))) {
            new EveryKernel(backend).product();
            backend.finish();
        }
    }

    private static OpenClBackend open(Tuning tuning) {
        DeviceQueue queue = new DeviceQueue(OpenClDevices.handle(0), Long.MAX_VALUE, true, ProgramCache.NONE);
        return new OpenClBackend(queue, new Programs(queue, 0), tuning);
    }

    private Array random(int... extents) {
        Array ones = on.zeros(Shape.of(extents));
        on.fill(ones, 1);
        return on.dropout(ones, 0.5, seed++);
    }

    private void product() {
        on.matmul(random(9, 5), true, random(9, 6), false);
    }

    private void products() {
        product();
        // A sum long enough to be split.
        on.matmul(random(3, 520), false, random(520, 4), false);
        convolution(random(2, 3, 9, 7), random(5, 3, 3, 3), Conv2dOptions.of(2, 1));
        convolution(random(2, 4, 5, 5), random(4, 2, 3, 3), Conv2dOptions.of(1, 1, 1, 2));
    }

    private void convolutions() {
        convolution(random(8, 3, 8, 7), random(5, 3, 3, 3), Conv2dOptions.of(1, 1));
        convolution(random(2, 4, 4, 4), random(8, 4, 1, 1), Conv2dOptions.of(1, 0));
    }

    private void convolution(Array x, Array w, Conv2dOptions options) {
        Array y = on.conv2d(x, w, options);
        int outputs = y.shape().dim(1);
        on.conv2d(x, w, new Epilogue(random(outputs), random(outputs), y, true), options);
        on.conv2dInputGradient(y, w, x.shape(), options);
        on.addConv2dInputGradient(on.copy(x), y, w, options);
        on.conv2dWeightGradient(y, x, w.shape(), options);
        train(y, y);
        on.addConv2dInputGradient(train(x, x), y, w, options);
    }

    private void norms() {
        // So many values that they are reduced in two levels.
        Array many = random(5, 1, 58, 60);
        train(many, many);
        for (Array x : List.of(random(2, 3, 4, 6), random(3, 2, 5, 3))) {
            on.add(train(x, random(x.shape().toArray())), x);
            int channels = x.shape().dim(1);
            on.batchNormEval(x, random(channels), random(channels), random(channels), random(channels), 1);
            on.batchNormEvalGradient(x, x, random(channels), random(channels), random(channels), 1, true, true);
            on.batchNormAffine(random(channels), random(channels), random(channels), random(channels), 1);
        }
    }

    /** The gradient of the residual. */
    private Array train(Array x, Array residual) {
        int channels = x.shape().dim(1);
        Array weight = random(channels);
        Normalized n = on.batchNormTrain(x, weight, random(channels), random(channels), random(channels), 0.1, 1, residual, true);
        on.batchNormTrainGradient(residual, x, on.copy(n.y()), weight, n.mean(), n.invStd(), true, false);
        return on.batchNormTrainGradient(residual, x, n.y(), weight, n.mean(), n.invStd(), true, true).residual();
    }

    private void elements() {
        Array x = random(3, 5);
        for (UnaryOp op : UnaryOp.values()) {
            Array y = on.unary(op, x);
            on.unaryGradient(op, x, x, y);
        }
        for (BinaryOp op : BinaryOp.values()) {
            on.binary(op, x, x);
            on.binary(op, x, random(5));
        }
        on.affine(x, 2, 1);
        on.clamp(x, 0, 1);
        on.add(x, random(3, 5));
        on.lerp(x, random(3, 5), 0.5);
        on.permute(x, 1, 0);
        on.expand(random(1, 5), x.shape());
        on.cat(List.of(x, x), 1);
        on.narrow(x, 1, 1, 3);
        on.argmax(x);
        for (int dim = 0; dim < 2; dim++) {
            on.sum(random(7, 300), false, dim);
        }
    }

    private void windows() {
        Array x = random(2, 3, 7, 6);
        Pooled pooled = on.maxPool2d(x, Pool2dOptions.of(3, 2, 1), true);
        on.maxPool2dGradient(pooled.values(), pooled.indices(), x.shape());
        Array means = on.avgPool2d(x, Pool2dOptions.of(2, 2, 0));
        on.avgPool2dGradient(means, x.shape(), Pool2dOptions.of(2, 2, 0));
        on.adaptiveAvgPool2dGradient(on.adaptiveAvgPool2d(x, 1, 1), x.shape());
    }

    private void losses() {
        Array scores = random(6, 11);
        on.logSoftmaxGradient(scores, on.logSoftmax(scores));
        on.crossEntropy(scores, on.zeros(Shape.of(6)), random(11), 0.1, Reduction.MEAN);
        on.crossEntropy(scores, random(6, 11), null, 0, Reduction.SUM);
        on.binaryCrossEntropy(scores, random(6, 11), random(11), Reduction.MEAN);
    }

    private void updates() {
        List<Array> parameters = arrays();
        on.sgd(new SgdOps.Options(0.1, 0.9, 0, 1e-4, true, false), parameters, arrays(), arrays(), new boolean[parameters.size()], null);
        long[] steps = new long[parameters.size()];
        Arrays.fill(steps, 1);
        on.adamW(new AdamWOps.Options(1e-3, 0.9, 0.999, 1e-8, 1e-2, false), parameters, arrays(), arrays(), arrays(), steps, null);
    }

    private List<Array> arrays() {
        List<Array> arrays = new ArrayList<>();
        for (int length : new int[] {3, 700, 1}) {
            arrays.add(random(length));
        }
        return arrays;
    }
}
