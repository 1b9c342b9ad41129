package thaw.kernels.cpu.conv;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;
import thaw.kernels.cpu.grouped.GroupedConvolution;
import thaw.kernels.cpu.grouped.GroupedWeightGradient;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;
import thaw.kernels.cpu.microkernel.PackedWeights;
import thaw.kernels.cpu.parallel.Workers;
import thaw.kernels.cpu.winograd.WinogradConvolution;
import thaw.kernels.cpu.winograd.WinogradWeightGradient;

/**
 * Direct convolution on channel blocks, as an implicit matrix product without unrolling: for each row of output pixels and
 * tile of output channels, {@link thaw.kernels.cpu.microkernel.TwoVectorTaps} sums over the filter's positions and input channels.
 *
 * <p>Images with few channels, the input of a stem, stay row-major because channel blocks would be mostly zeros. Their
 * taps are single numbers, and the output is in blocks.
 */
public final class VectorConvolution implements ConvolutionOps {

    /** The number of plans kept; a network has some dozens, times the image and batch sizes in use. */
    private static final int PLANS = 2000;

    private record Key(Shape x, Shape w, Conv2dOptions options, boolean gradient, boolean rowMajor) {
    }

    /** The key of packed weights, among the data derived from a weight. */
    private record PackKey(PackedWeights.Layout layout, List<Integer> positions) {
    }

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops current;
    private final int lanes;
    private final WinogradConvolution winograd;
    private final GroupedConvolution grouped;
    private final WinogradWeightGradient winogradWeightGradient;
    private final GroupedWeightGradient groupedWeightGradient;
    private final VectorWeightGradient weightGradient;
    private final Map<Key, ConvolutionPlan> plans = new ConcurrentHashMap<>();

    public VectorConvolution(Memory memory, Workers workers, BlockLoops current) {
        this.memory = memory;
        this.workers = workers;
        this.current = current;
        this.lanes = memory.block();
        this.winograd = new WinogradConvolution(memory, workers, current);
        this.grouped = new GroupedConvolution(memory, workers);
        this.winogradWeightGradient = new WinogradWeightGradient(memory, workers, current);
        this.groupedWeightGradient = new GroupedWeightGradient(memory, workers);
        this.weightGradient = new VectorWeightGradient(memory, workers);
    }

    /** Whether a convolution reads its input in row-major order. */
    static boolean isStem(CpuArray x, int lanes, Conv2dOptions o) {
        return x.isRowMajor() && x.shape().dim(1) * 2 <= lanes && o.groups() == 1;
    }

    @Override
    public Array conv2dWithEpilogue(Array array, Array weight, Epilogue epilogue, Conv2dOptions o) {
        Shape outShape = o.outputShape(array.shape(), weight.shape());
        boolean stem = isStem(cpu(array), lanes, o);
        CpuArray x = stem ? memory.asRowMajor(array) : memory.asBlocked(array);
        Shape xShape = x.shape();
        CpuArray y = memory.blocked(outShape);
        CpuArray w = memory.asRowMajor(weight);
        CpuArray residual = epilogue.residual() == null ? null : memory.asBlocked(epilogue.residual());
        BlockedEpilogue blocked = blocked(epilogue, residual, outShape.dim(1));
        if (!stem && winograd.choice().suitsForward(xShape, w.shape(), outShape, o)) {
            winograd.forward(x, w, blocked, o, y);
        } else if (grouped.suits(w.shape(), o)) {
            grouped.forward(x, w, blocked, o, y);
        } else {
            Key key = new Key(xShape, w.shape(), o, false, stem);
            execute(plan(key, () -> ConvolutionPlan.forward(xShape, w.shape(), outShape, o, stem, lanes)), x, w, blocked, y);
        }
        release(blocked);
        if (residual != null) {
            residual.release();
        }
        w.release();
        x.release();
        return y;
    }

    /** An epilogue with numbers for whole tiles of channels, or null for one that changes nothing. */
    private BlockedEpilogue blocked(Epilogue e, CpuArray residual, int channels) {
        if (e.scale() == null && e.shift() == null && residual == null && !e.relu()) {
            return null;
        }
        int length = (CpuArray.channelBlocks(channels, lanes) + 1) * lanes;
        float[] scale = e.scale() == null ? filled(length, 1) : memory.padded(e.scale(), length);
        float[] shift = e.shift() == null ? filled(length, 0) : memory.padded(e.shift(), length);
        return new BlockedEpilogue(scale, shift, residual == null ? null : residual.data(), e.relu());
    }

    private void release(BlockedEpilogue e) {
        if (e != null) {
            memory.pool().give(e.scale());
            memory.pool().give(e.shift());
        }
    }

    private float[] filled(int length, float value) {
        float[] numbers = memory.pool().take(length);
        Arrays.fill(numbers, 0, length, value);
        return numbers;
    }

    @Override
    public Array conv2dInputGradient(Array gradient, Array weight, Shape xShape, Conv2dOptions o) {
        CpuArray gy = memory.asBlocked(gradient);
        CpuArray w = memory.asRowMajor(weight);
        CpuArray gx = memory.blocked(xShape);
        if (winograd.choice().suits(xShape, w.shape(), gy.shape(), o)) {
            winograd.inputGradient(gy, w, o, gx);
        } else if (grouped.suits(w.shape(), o)) {
            grouped.inputGradient(gy, w, o, gx);
        } else {
            direct(gy, w, o, gx);
        }
        w.release();
        gy.release();
        return gx;
    }

    private void direct(CpuArray gy, CpuArray w, Conv2dOptions o, CpuArray gx) {
        Shape xShape = gx.shape();
        ConvolutionPlan plan = plan(new Key(xShape, w.shape(), o, true, false),
                () -> ConvolutionPlan.backward(gy.shape(), w.shape(), xShape, o, lanes));
        if (!plan.coversTarget()) {
            int planes = xShape.dim(0) * gx.channelBlocks();
            int plane = gx.length() / planes;
            workers.run(planes, p -> Arrays.fill(gx.data(), p * plane, (p + 1) * plane, 0));
        }
        execute(plan, gy, w, null, gx);
    }

    @Override
    public Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions o) {
        boolean transforms = winograd.choice().suitsForward(x.shape(), wShape, gy.shape(), o)
                && WinogradWeightGradient.pays(gy.shape(), o.strideH());
        if (!transforms && !grouped.suits(wShape, o)) {
            return weightGradient.compute(gy, x, wShape, o);
        }
        CpuArray source = memory.asBlocked(x);
        CpuArray gradient = memory.asBlocked(gy);
        CpuArray gw = memory.rowMajor(wShape);
        if (transforms) {
            winogradWeightGradient.compute(source, gradient, o.paddingH(), o.paddingW(), o.strideH(), gw);
        } else {
            groupedWeightGradient.compute(source, gradient, o, gw);
        }
        source.release();
        gradient.release();
        return gw;
    }

    private ConvolutionPlan plan(Key key, Supplier<ConvolutionPlan> make) {
        ConvolutionPlan plan = plans.get(key);
        if (plan == null) {
            if (plans.size() >= PLANS) {
                plans.clear();
            }
            plan = make.get();
            plans.put(key, plan);
        }
        return plan;
    }

    private void execute(ConvolutionPlan plan, CpuArray x, CpuArray w, BlockedEpilogue epilogue, CpuArray target) {
        float[] from = x.data();
        float[] copy = null;
        if (plan.copy() != null) {
            copy = memory.pool().take(plan.copy().length());
            plan.copy().copy(workers, from, copy);
            from = copy;
        }
        for (TapWalk walk : plan.walks()) {
            if (walk.places().count() > 0) {
                float[] source = from;
                w.storage().useDerived(key(walk), () -> packed(w, walk),
                        weights -> walk.run(workers, current, source, weights, epilogue, target.data()));
            }
        }
        if (copy != null) {
            memory.pool().give(copy);
        }
    }

    private static PackKey key(TapWalk walk) {
        return new PackKey(walk.layout(), Arrays.stream(walk.places().position()).boxed().toList());
    }

    private float[] packed(CpuArray w, TapWalk walk) {
        int[] offsets = walk.weightOffsets();
        float[] out = memory.pool().takeFitting(offsets[offsets.length - 1]);
        float[] from = w.data();
        workers.run(walk.layout().tiles(), t -> PackedWeights.pack(walk.layout(), walk.places(), t, from, out, offsets[t]));
        return out;
    }
}
