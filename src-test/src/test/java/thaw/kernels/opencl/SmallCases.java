package thaw.kernels.opencl;

import java.util.List;
import java.util.Map;
import thaw.kernels.AdamWOptions;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.SgdOptions;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/** A small case of each kernel, for simulators. Nothing is uploaded: JOCL waits for uploads in threads of its own. */
final class SmallCases {

    /** A tile of a graphics card's kernel, with few work-items. */
    private static final GemmTile TILE = new GemmTile(false, 4, 4, 4, 4, 8, 4);

    private static long seed;

    private SmallCases() {
    }

    static void run() {
        for (GemmTile tile : List.of(TILE, TILE.prefetching())) {
            for (int winogradChannels : new int[] {1, Integer.MAX_VALUE}) {
                try (OpenClBackend backend = OpenClBackend.open(OpenClDevices.best().index(), OpenClBackend.Options.DEFAULT,
                        Tuning.of(tile, winogradChannels))) {
                    convolutions(backend);
                    if (winogradChannels == 1) {
                        norms(backend);
                        others(backend);
                    }
                    backend.finish();
                }
            }
        }
    }

    private static Array filled(Backend on, int... shape) {
        Array ones = on.affine(on.zeros(Shape.of(shape)), 1, 1);
        return on.dropout(ones, 0.5, seed++);
    }

    private static void convolutions(Backend on) {
        for (Conv2dOptions options : List.of(Conv2dOptions.of(1, 1), Conv2dOptions.of(2, 1), new Conv2dOptions(1, 1, 1, 1, 1, 1, 2))) {
            Array x = filled(on, 2, 6, 13, 13);
            Array w = filled(on, 4, 6 / options.groups(), 3, 3);
            Array gy = on.conv2d(x, w, filled(on, 4), options);
            Array gx = on.conv2dInputGradient(gy, w, x.shape(), options);
            on.addConv2dInputGradient(gx, gy, w, options);
            on.conv2dWeightGradient(gy, x, w.shape(), options);
        }
        // A depth that is split.
        on.matmul(filled(on, 5, 600), false, filled(on, 7, 600), true);
        on.matmul(filled(on, 600, 5), true, filled(on, 600, 7), false);
    }

    private static void norms(Backend on) {
        // Planes of whole vectors and others; channels of one part, of several rounds, of several parts.
        for (int[] shape : new int[][] {{2, 3, 4, 4}, {2, 3, 3, 3}, {1, 1, 80, 64}, {1, 1, 144, 128}}) {
            int channels = shape[1];
            Array x = filled(on, shape);
            Array weight = filled(on, channels);
            Array mean = filled(on, channels);
            Array var = on.affine(filled(on, channels), 1, 1);
            Backend.Normalized n = on.batchNormTrain(x, weight, filled(on, channels), mean, var, 0.1, 1e-5, filled(on, shape), true);
            on.batchNormTrainGradient(filled(on, shape), x, n.y(), weight, n.mean(), n.invStd(), true, true);
            on.batchNormTrainGradient(filled(on, shape), x, filled(on, shape), weight, n.mean(), n.invStd(), true, false);
            on.batchNormEval(x, weight, weight, mean, var, 1e-5);
            on.batchNormEvalGradient(filled(on, shape), x, weight, mean, var, 1e-5, true, true);
            on.batchNormAffine(weight, weight, mean, var, 1e-5);
        }
    }

    private static void others(Backend on) {
        Array x = filled(on, 2, 3, 7, 7);
        Pool2dOptions options = Pool2dOptions.of(3, 2, 1);
        Backend.Pooled max = on.maxPool2d(x, options, true);
        on.maxPool2dGradient(max.values(), max.indices(), x.shape());
        on.avgPool2dGradient(on.avgPool2d(x, options), x.shape(), options);
        on.adaptiveAvgPool2dGradient(on.adaptiveAvgPool2d(x, 2, 2), x.shape());
        on.sum(x, false, 0, 2, 3);
        on.sum(filled(on, 3, 70), false, 1);
        on.permute(x, 1, 0, 3, 2);
        on.binary(BinaryOp.ADD, x, filled(on, 3, 1, 1));
        on.binary(BinaryOp.MUL, x, x);
        on.unaryGradient(UnaryOp.RELU, x, null, on.unary(UnaryOp.RELU, x));
        on.clamp(x, 0, 1);
        on.lerp(x, filled(on, 2, 3, 7, 7), 0.5);
        Array scores = filled(on, 4, 10);
        on.argmax(scores);
        on.logSoftmaxGradient(scores, on.logSoftmax(scores));
        on.crossEntropy(scores, on.zeros(Shape.of(4)), null, 0.1, Reduction.MEAN);
        on.binaryCrossEntropy(scores, on.zeros(Shape.of(4, 10)), null, Reduction.MEAN);
        List<Array> parameters = List.of(filled(on, 9), filled(on, 300));
        List<Array> gradients = List.of(filled(on, 9), filled(on, 300));
        List<Array> first = List.of(filled(on, 9), filled(on, 300));
        on.sgd(new SgdOptions(0.1, 0.9, 0, 1e-4, false, false), parameters, gradients, first, new boolean[] {true, false});
        on.adamW(new AdamWOptions(0.1, 0.9, 0.99, 1e-8, 1e-2, false), parameters, gradients, first, List.of(filled(on, 9), filled(on, 300)),
                new long[] {1, 1}, null);
    }

    /** {@code racy.cl}, the control: work-items that read what their neighbours write, without a barrier. */
    static void race() {
        DeviceQueue queue = new DeviceQueue(OpenClDevices.handle(OpenClDevices.best().index()), Long.MAX_VALUE, false, ProgramCache.NONE);
        try (queue; Programs programs = new Programs(queue)) {
            OpenClStorage result = new OpenClStorage(queue.pool(), 16);
            programs.launch(programs.kernel("racy.cl", "neighbours", Map.of())).memory(result).local(16).groups(1, 16);
            queue.finish();
        }
    }
}
