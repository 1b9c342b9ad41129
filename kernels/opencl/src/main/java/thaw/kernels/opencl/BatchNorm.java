package thaw.kernels.opencl;

import thaw.kernels.Array;
import thaw.kernels.NormOps;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/** Batch normalisation and its gradients; see {@code batch_norm.cl}. */
final class BatchNorm implements NormOps {

    private static final String FILE = "batch_norm.cl";
    /** Values of a channel per work-item of the first level. */
    private static final int VALUES_OF_AN_ITEM = 16;
    /** Channels with fewer values use small work-groups. */
    private static final int FEW_VALUES = 1024;
    private static final int SMALL_GROUP = 64;

    private final Memory memory;
    private final Programs programs;
    private final Elementwise elementwise;

    BatchNorm(Memory memory, Programs programs, Elementwise elementwise) {
        this.memory = memory;
        this.programs = programs;
        this.elementwise = elementwise;
    }

    /** x as {@code [N, C, P]}, and the division of a channel's {@code N·P} values for the first level of a reduction. */
    private record Channels(int size, int count, int pixels, int values, int group, int chunk, int splits) {

        static Channels of(Shape x, CompiledKernel firstLevel) {
            int pixels = x.rank() == 4 ? x.dim(2) * x.dim(3) : 1;
            int values = x.dim(0) * pixels;
            int group = firstLevel.groupSize(values < FEW_VALUES ? SMALL_GROUP : Launch.GROUP);
            int chunk = group * VALUES_OF_AN_ITEM;
            return new Channels(x.size(), x.dim(1), pixels, values, group, chunk, (values + chunk - 1) / chunk);
        }

        Shape perChannel() {
            return Shape.of(count);
        }
    }

    @Override
    public Normalized batchNormTrain(Array input, Array weightArray, Array biasArray, Array runningMean, Array runningVar,
            double momentum, double eps, Array residualArray, boolean relu) {
        OpenClArray x = memory.mine(input);
        OpenClArray weight = memory.mine(weightArray);
        OpenClArray bias = memory.mine(biasArray);
        OpenClArray residual = memory.mineOrNull(residualArray);
        OpenClArray trackedMean = memory.mineOrNull(runningMean);
        OpenClArray trackedVar = memory.mineOrNull(runningVar);
        CompiledKernel statistics = programs.kernel(FILE, "batch_norm_statistics");
        Channels c = Channels.of(x.shape(), statistics);
        try (Workspace work = memory.workspace()) {
            OpenClArray mean = work.result(c.perChannel());
            OpenClArray invStd = work.result(c.perChannel());
            OpenClArray means = work.temporary(c.count * c.splits);
            OpenClArray squares = work.temporary(c.count * c.splits);
            programs.launch(statistics).array(x).ints(c.values).ints(c.count).ints(c.pixels).ints(c.chunk).ints(c.splits)
                    .array(means).array(squares).local(c.group).work(5.0 * c.size, 4.0 * c.size)
                    .groups((long) c.count * c.splits, c.group);
            OpenClArray y = work.result(x.shape());
            programs.launch(FILE, "batch_norm_combine").array(means).array(squares).ints(c.values).ints(c.count).ints(c.chunk)
                    .ints(c.splits).floats(eps).floats(momentum).array(mean).array(invStd).array(trackedMean).array(trackedVar)
                    .work(8.0 * means.size(), 8.0 * means.size() + 24.0 * c.count).over(c.count);
            if (trackedMean != null) {
                trackedMean.storage().changed();
                trackedVar.storage().changed();
            }
            normalize(x, mean, invStd, weight, bias, residual, relu, y, c.pixels);
            work.complete();
            return new Normalized(y, mean, invStd);
        }
    }

    @Override
    public OpenClArray batchNormEval(Array input, Array weight, Array bias, Array mean, Array var, double eps) {
        OpenClArray x = memory.mine(input);
        try (Workspace work = memory.workspace()) {
            OpenClArray y = work.result(x.shape());
            OpenClArray invStd = inverseDeviation(work, var, eps);
            normalize(x, memory.mine(mean), invStd, memory.mine(weight), memory.mine(bias), null, false, y, pixels(x));
            work.complete();
            return y;
        }
    }

    private void normalize(OpenClArray x, OpenClArray mean, OpenClArray invStd, OpenClArray weight, OpenClArray bias,
            OpenClArray residual, boolean relu, OpenClArray y, int pixels) {
        programs.launch(FILE, "batch_norm_normalize").array(x).array(mean).array(invStd).array(weight).array(bias)
                .array(residual).ints(relu ? 1 : 0).array(y).ints(x.size()).ints(x.dim(1)).ints(pixels)
                .work(4.0 * x.size(), (residual == null ? 8.0 : 12.0) * x.size()).over(x.size());
    }

    private OpenClArray inverseDeviation(Workspace work, Array var, double eps) {
        OpenClArray invStd = work.temporary(var.shape());
        programs.launch(FILE, "batch_norm_inverse_deviation").array(memory.mine(var)).floats(eps).array(invStd)
                .ints(invStd.size()).work(3.0 * invStd.size(), 8.0 * invStd.size()).over(invStd.size());
        return invStd;
    }

    @Override
    public ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps) {
        Shape shape = weight.shape();
        try (Workspace work = memory.workspace()) {
            OpenClArray scale = work.result(shape);
            OpenClArray shift = work.result(shape);
            programs.launch(FILE, "batch_norm_affine").array(memory.mine(weight)).array(memory.mine(bias))
                    .array(memory.mine(mean)).array(memory.mine(var)).floats(eps).array(scale).array(shift).ints(shape.size())
                    .work(5.0 * shape.size(), 24.0 * shape.size()).over(shape.size());
            work.complete();
            return new ChannelAffine(scale, shift);
        }
    }

    @Override
    public NormGradients batchNormTrainGradient(Array gradient, Array input, Array output, Array weightArray, Array meanArray,
            Array invStdArray, boolean needInput, boolean needResidual) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray x = memory.mine(input);
        OpenClArray y = memory.mineOrNull(output);
        OpenClArray weight = memory.mine(weightArray);
        OpenClArray mean = memory.mine(meanArray);
        OpenClArray invStd = memory.mine(invStdArray);
        try (Workspace work = memory.workspace()) {
            OpenClArray gWeight = work.result(weight.shape());
            OpenClArray gBias = work.result(weight.shape());
            Channels c = parameterGradients(work, gy, x, y, mean, invStd, gWeight, gBias);
            OpenClArray gx = needInput ? work.result(x.shape()) : null;
            boolean masked = needResidual && y != null;
            OpenClArray gResidual = masked && needInput ? work.result(x.shape()) : null;
            if (needInput) {
                double arrays = 3 + (y == null ? 0 : 1) + (gResidual == null ? 0 : 1);
                programs.launch(FILE, "batch_norm_input_gradient").array(gy).array(x).array(y).array(weight).array(mean)
                        .array(invStd).array(gWeight).array(gBias).array(gx).array(gResidual).ints(c.size).ints(c.count)
                        .ints(c.pixels).floats(1.0 / c.values).work(8.0 * c.size, 4 * arrays * c.size).over(c.size);
            } else if (masked) {
                gResidual = elementwise.unaryGradient(UnaryOp.RELU, gy, null, y);
            }
            if (needResidual && y == null) {
                gy.retain();
                gResidual = gy;
            }
            work.complete();
            return new NormGradients(gx, gWeight, gBias, gResidual);
        }
    }

    @Override
    public NormGradients batchNormEvalGradient(Array gradient, Array input, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray x = memory.mine(input);
        try (Workspace work = memory.workspace()) {
            OpenClArray invStd = inverseDeviation(work, var, eps);
            OpenClArray gx = null;
            if (needInput) {
                gx = work.result(x.shape());
                programs.launch(FILE, "batch_norm_fixed_input_gradient").array(gy).array(memory.mine(weight)).array(invStd)
                        .array(gx).ints(x.size()).ints(x.dim(1)).ints(pixels(x)).work(2.0 * x.size(), 8.0 * x.size())
                        .over(x.size());
            }
            OpenClArray gWeight = needParameters ? work.result(weight.shape()) : null;
            OpenClArray gBias = needParameters ? work.result(weight.shape()) : null;
            if (needParameters) {
                parameterGradients(work, gy, x, null, memory.mine(mean), invStd, gWeight, gBias);
            }
            work.complete();
            return new NormGradients(gx, gWeight, gBias, null);
        }
    }

    private Channels parameterGradients(Workspace work, OpenClArray gy, OpenClArray x, OpenClArray y, OpenClArray mean,
            OpenClArray invStd, OpenClArray gWeight, OpenClArray gBias) {
        CompiledKernel firstLevel = programs.kernel(FILE, "batch_norm_gradient_sums");
        Channels c = Channels.of(x.shape(), firstLevel);
        OpenClArray sums = work.temporary(c.count * c.splits);
        OpenClArray products = work.temporary(c.count * c.splits);
        programs.launch(firstLevel).array(gy).array(x).array(y).array(mean).array(invStd).ints(c.values).ints(c.count)
                .ints(c.pixels).ints(c.chunk).ints(c.splits).array(sums).array(products).local(c.group)
                .work(4.0 * c.size, (y == null ? 8.0 : 12.0) * c.size).groups((long) c.count * c.splits, c.group);
        programs.launch(FILE, "batch_norm_gradient_combine").array(sums).array(products).ints(c.count).ints(c.splits)
                .array(gWeight).array(gBias).work(2.0 * sums.size(), 8.0 * sums.size() + 8.0 * c.count).over(c.count);
        return c;
    }

    private static int pixels(OpenClArray x) {
        return x.shape().rank() == 4 ? x.dim(2) * x.dim(3) : 1;
    }
}
