package thaw.kernels.opencl;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import thaw.kernels.Array;
import thaw.kernels.NormOps;
import thaw.kernels.Shape;

/** Batch normalisation and its gradients; see {@code batch_norm.cl}. */
final class BatchNorm implements NormOps {

    private static final String FILE = "batch_norm.cl";
    private static final String SUMS = "batch_norm_gradient_sums";
    /** Values of a channel per work-item in a round: HELD vectors of batch_norm.cl. */
    private static final int VALUES_OF_AN_ITEM = 16;
    /** Rounds of a work-group: enough to be worth the joining of all parts of its channel. */
    private static final int ROUNDS = 4;
    /** Rounds without limit: a channel has one part. */
    private static final int ALL = Integer.MAX_VALUE;
    private static final int SMALLEST_GROUP = 64;
    /** Work-items that hold a channel for the gradient, at 32 registers each for its values. */
    private static final int LARGEST_GROUP = 1024;
    private static final int VECTOR = 4;
    /** Neighbouring vectors of a work-group's planes: 256 bytes. */
    private static final int VECTORS_OF_A_PLANE = 16;

    private final Memory memory;
    private final Programs programs;

    BatchNorm(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
        programs.isOfTraining(FILE, parameters(VECTOR));
        programs.isOfTraining(FILE, parameters(1));
    }

    /**
     * A kernel over x as {@code [N, C, P]}, and the division of a channel's {@code N·P} values among its work-groups.
     *
     * @param vector floats that the kernel moves at a time
     * @param chunk  values of a part
     */
    private record Channels(CompiledKernel kernel, int size, int count, int values, int pixels, int vector, int group, int chunk) {

        int splits() {
            return (values + chunk - 1) / chunk;
        }
    }

    private static int pixels(Shape x) {
        return x.rank() == 4 ? x.dim(2) * x.dim(3) : 1;
    }

    private CompiledKernel kernel(String name, Shape x) {
        return programs.kernel(FILE, name, parameters(pixels(x) % VECTOR == 0 ? VECTOR : 1));
    }

    private static Map<String, Integer> parameters(int vector) {
        return Map.of("VW", vector);
    }

    private Channels channels(Shape x, int mostRounds, int largestGroup, String name) {
        CompiledKernel kernel = kernel(name, x);
        int pixels = pixels(x);
        int values = x.dim(0) * pixels;
        int items = Math.max(SMALLEST_GROUP, (values + VALUES_OF_AN_ITEM - 1) / VALUES_OF_AN_ITEM);
        int group = kernel.groupSize(Math.min(largestGroup, Integer.highestOneBit(2 * items - 1)));
        int held = group * VALUES_OF_AN_ITEM;
        return new Channels(kernel, x.size(), x.dim(1), values, pixels, pixels % VECTOR == 0 ? VECTOR : 1, group,
                Math.min(mostRounds, (values + held - 1) / held) * held);
    }

    /** Runs a kernel with a work-group for each part; its last arguments are values, channels, pixels, chunk, splits and scratch. */
    private static void overParts(Launch launch, Channels c) {
        launch.ints(c.values / c.vector).ints(c.count).ints(c.pixels / c.vector).ints(c.chunk / c.vector).ints(c.splits())
                .local(c.group).groups((long) c.count * c.splits(), c.group);
    }

    /** Runs a kernel, whose last arguments are channels and pixels, over the vectors of all planes. */
    private void overPlanes(String name, Shape x, Consumer<Launch> arguments, double... floats) {
        CompiledKernel kernel = kernel(name, x);
        int vectors = pixels(x) % VECTOR == 0 ? pixels(x) / VECTOR : pixels(x);
        int group = kernel.groupSize(Launch.GROUP);
        int along = Math.min(group, Math.min(VECTORS_OF_A_PLANE, Integer.highestOneBit(2 * vectors - 1)));
        int planes = group / along;
        Launch launch = programs.launch(kernel);
        arguments.accept(launch);
        launch.ints(x.dim(1)).ints(vectors);
        if (floats.length > 0) {
            launch.floats(floats);
        }
        launch.run(new long[] {(vectors + along - 1L) / along * along, (x.dim(1) + planes - 1L) / planes * planes, x.dim(0)},
                new long[] {along, planes, 1});
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
        try (Workspace work = memory.workspace()) {
            OpenClArray mean = work.result(weight.shape());
            OpenClArray invStd = work.result(weight.shape());
            OpenClArray y = work.result(x.shape());
            OpenClArray parts = work.temporary(x.storage().take(new Statistics(x.shape())).orElseGet(() -> statistics(x)));
            OpenClArray mask = relu ? mask(y) : null;
            Channels c = channels(x.shape(), ROUNDS, Launch.GROUP, "batch_norm_normalize");
            overParts(programs.launch(c.kernel).array(x).array(parts).ints(parts.dim(2)).array(weight).array(bias).floats(eps)
                    .floats(momentum).array(mean).array(invStd).array(trackedMean).array(trackedVar).array(residual).array(mask)
                    .array(y).work(4.0 * x.size(), (residual == null ? 8.0 : 12.0) * x.size() + bytes(mask) + 4.0 * parts.size()), c);
            if (trackedMean != null) {
                trackedMean.storage().changed();
                trackedVar.storage().changed();
            }
            work.complete();
            return new Normalized(y, mean, invStd);
        }
    }

    /** The {@linkplain Statistics parts of the statistics} of an x of which its convolution has left none. */
    private OpenClArray statistics(OpenClArray x) {
        Channels c = channels(x.shape(), ROUNDS, Launch.GROUP, "batch_norm_statistics");
        return memory.result(Shape.of(3, c.count, c.splits()),
                parts -> overParts(programs.launch(c.kernel).array(x).array(parts).work(5.0 * c.size, 4.0 * c.size), c));
    }

    @Override
    public OpenClArray batchNormEval(Array input, Array weight, Array bias, Array mean, Array var, double eps) {
        OpenClArray x = memory.mine(input);
        return memory.result(x.shape(), y -> overPlanes("batch_norm_fixed", x.shape(), launch -> launch.array(x)
                .array(memory.mine(mean)).array(memory.mine(var)).array(memory.mine(weight)).array(memory.mine(bias)).array(y)
                .work(4.0 * x.size(), 8.0 * x.size()), eps));
    }

    /**
     * The key of the parts of channels' statistics that a convolution keeps with its result: {@code [3, C, parts]}, the mean, the
     * sum of squares about it and the number of the values of each part. A view of another shape has other channels.
     */
    record Statistics(Shape result) {
    }

    /** The key of a ReLU's mask, among the data derived from its output; released with it. */
    private enum Mask {
        INACTIVE
    }

    /** Memory for the mask of y, which the kernel that computes y writes. */
    private OpenClArray mask(OpenClArray y) {
        int vectors = pixels(y.shape()) % VECTOR == 0 ? y.size() / VECTOR : y.size();
        return y.storage().derive(Mask.INACTIVE, vectors, () -> memory.array(Shape.of((vectors + Float.BYTES - 1) / Float.BYTES)));
    }

    /** The mask of a ReLU's output; null if there was none. */
    private OpenClArray maskOf(OpenClArray y) {
        if (y == null) {
            return null;
        }
        return y.storage().derived(Mask.INACTIVE).orElseGet(() -> {
            OpenClArray mask = mask(y);
            overPlanes("batch_norm_mask", y.shape(), launch -> launch.array(y).array(mask).work(y.size(), 4.0 * y.size() + bytes(mask)));
            return mask;
        });
    }

    /** gy where the ReLU was active; computed when it is read, unless the reader takes the mask too. */
    private OpenClArray masked(OpenClArray gy, OpenClArray mask) {
        return memory.pending(gy.shape(), new MaskedGradient(gy, mask, shift(gy.shape()), g -> overPlanes("batch_norm_masked", gy.shape(),
                launch -> launch.array(gy).array(mask).array(g).work(gy.size(), 8.0 * gy.size() + bytes(mask)))));
    }

    /** The masked gradient that {@code given} has yet to hold, if kernels over x can read its mask; else null. */
    private static MaskedGradient pending(OpenClArray given, Shape x) {
        MaskedGradient pending = given.storage().pending();
        return pending != null && pending.shift() == shift(x) ? pending : null;
    }

    /** The {@link MaskedGradient#shift} of a mask for x. */
    private static int shift(Shape x) {
        return pixels(x) % VECTOR == 0 ? Integer.numberOfTrailingZeros(VECTOR) : 0;
    }

    private static double bytes(OpenClArray mask) {
        return mask == null ? 0 : 4.0 * mask.size();
    }

    private OpenClArray inverseDeviation(Workspace work, Array var, double eps) {
        OpenClArray invStd = work.temporary(var.shape());
        programs.launch(kernel("batch_norm_inverse_deviation", var.shape())).array(memory.mine(var)).floats(eps).array(invStd)
                .ints(invStd.size()).work(3.0 * invStd.size(), 8.0 * invStd.size()).over(invStd.size());
        return invStd;
    }

    /** The key of a fixed normalisation's scale or shift, among the data derived from the weight. */
    private enum Term {
        SCALE, SHIFT
    }

    /** The inputs of scale and shift beside the weight; storages are compared by identity. */
    private record Fixed(List<OpenClStorage> storages, List<Integer> versions, double eps) {

        static Fixed of(double eps, OpenClArray... arrays) {
            return new Fixed(Arrays.stream(arrays).map(OpenClArray::storage).toList(),
                    Arrays.stream(arrays).map(array -> array.storage().version()).toList(), eps);
        }
    }

    /** Computed once for each state of its arrays: a prediction's networks do not change. */
    @Override
    public ChannelAffine batchNormAffine(Array weightArray, Array biasArray, Array meanArray, Array varArray, double eps) {
        OpenClArray weight = memory.mine(weightArray);
        OpenClArray bias = memory.mine(biasArray);
        OpenClArray mean = memory.mine(meanArray);
        OpenClArray var = memory.mine(varArray);
        Fixed state = Fixed.of(eps, bias, mean, var);
        OpenClArray scale = weight.storage().derive(Term.SCALE, state, () -> affine("batch_norm_scale", weight, var, null, null, eps));
        OpenClArray shift = weight.storage().derive(Term.SHIFT, state, () -> affine("batch_norm_shift", weight, var, mean, bias, eps));
        scale.retain();
        shift.retain();
        return new ChannelAffine(scale, shift);
    }

    private OpenClArray affine(String kernel, OpenClArray weight, OpenClArray var, OpenClArray mean, OpenClArray bias, double eps) {
        return memory.result(weight.shape(), term -> {
            Launch launch = programs.launch(kernel(kernel, weight.shape())).array(weight).array(var);
            if (mean != null) {
                launch.array(mean).array(bias);
            }
            launch.floats(eps).array(term).ints(term.size()).work(5.0 * term.size(), 16.0 * term.size()).over(term.size());
        });
    }

    @Override
    public NormGradients batchNormTrainGradient(Array gradient, Array input, Array output, Array weightArray, Array meanArray,
            Array invStdArray, boolean needInput, boolean needResidual) {
        OpenClArray given = memory.mine(gradient);
        OpenClArray x = memory.mine(input);
        OpenClArray y = memory.mineOrNull(output);
        MaskedGradient pending = y == null ? pending(given, x.shape()) : null;
        OpenClArray gy = pending == null ? given : pending.gradient();
        OpenClArray weight = memory.mine(weightArray);
        OpenClArray mean = memory.mine(meanArray);
        OpenClArray invStd = memory.mine(invStdArray);
        try (Workspace work = memory.workspace()) {
            OpenClArray gWeight = work.result(weight.shape());
            OpenClArray gBias = work.result(weight.shape());
            OpenClArray mask = pending == null ? maskOf(y) : pending.mask();
            OpenClArray gx = needInput ? work.result(x.shape()) : null;
            if (needInput) {
                Channels whole = channels(x.shape(), 1, LARGEST_GROUP, "batch_norm_channel_gradient");
                boolean held = whole.splits() == 1;
                Channels c = held ? whole : channels(x.shape(), ROUNDS, Launch.GROUP, "batch_norm_input_gradient");
                Launch launch = programs.launch(c.kernel).array(gy).array(x).array(mask).array(weight).array(mean).array(invStd);
                if (!held) {
                    Channels parts = channels(x.shape(), ROUNDS, Launch.GROUP, SUMS);
                    OpenClArray sums = work.temporary(c.count * parts.splits());
                    OpenClArray products = work.temporary(c.count * parts.splits());
                    gradientSums(parts, gy, x, mask, mean, invStd, sums, products);
                    launch.array(sums).array(products).ints(parts.splits());
                }
                overParts(launch.array(gWeight).array(gBias).array(gx)
                        .work(8.0 * c.size, 12.0 * c.size + bytes(mask)), c);
            } else {
                gradientSums(channels(x.shape(), ALL, Launch.GROUP, SUMS), gy, x, mask, mean, invStd, gBias, gWeight);
            }
            OpenClArray gResidual = needResidual ? y == null ? memory.view(given, given.shape()) : masked(gy, mask) : null;
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
                OpenClArray into = work.result(x.shape());
                overPlanes("batch_norm_fixed_input_gradient", x.shape(), launch -> launch.array(gy).array(memory.mine(weight))
                        .array(invStd).array(into).work(2.0 * x.size(), 8.0 * x.size()));
                gx = into;
            }
            OpenClArray gWeight = needParameters ? work.result(weight.shape()) : null;
            OpenClArray gBias = needParameters ? work.result(weight.shape()) : null;
            if (needParameters) {
                gradientSums(channels(x.shape(), ALL, Launch.GROUP, SUMS), gy, x, null, memory.mine(mean), invStd, gBias,
                        gWeight);
            }
            work.complete();
            return new NormGradients(gx, gWeight, gBias, null);
        }
    }

    /** The sums of the parts of c, of which a channel may have one. */
    private void gradientSums(Channels c, OpenClArray gy, OpenClArray x, OpenClArray mask, OpenClArray mean, OpenClArray invStd,
            OpenClArray sums, OpenClArray products) {
        overParts(programs.launch(c.kernel).array(gy).array(x).array(mask).array(mean).array(invStd).array(sums).array(products)
                .work(4.0 * c.size, 8.0 * c.size + bytes(mask)), c);
    }
}
