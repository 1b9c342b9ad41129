package thaw.kernels.cpu.conv;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
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
 * Convolution on channel blocks: by {@link WinogradConvolution} or {@link GroupedConvolution} where these are faster, and
 * otherwise directly, as an implicit matrix product without unrolling. For each row of output pixels and tile of output
 * channels, {@link BlockLoops#pixels} sums over the filter's positions and input channels; the package's page draws the loops.
 *
 * <p>Images with few channels, the input of a stem, stay row-major because channel blocks would be mostly zeros. Their
 * taps are single numbers, and the output is in blocks.
 */
public final class BlockedConvolution implements ConvolutionOps {

    /** The number of plans kept; a network has some dozens, times the image and batch sizes in use. */
    private static final int PLANS = 2000;

    private record PlanKey(Shape x, Shape w, Conv2dOptions options, boolean gradient, boolean rowMajor) {
    }

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops loops;
    private final int lanes;
    private final WinogradConvolution winograd;
    private final GroupedConvolution grouped;
    private final WinogradWeightGradient winogradWeightGradient;
    private final GroupedWeightGradient groupedWeightGradient;
    private final DirectWeightGradient weightGradient;
    private final Map<PlanKey, ConvolutionPlan> plans = new ConcurrentHashMap<>();
    private volatile boolean batchInvariant;

    public BlockedConvolution(Memory memory, Workers workers, BlockLoops loops) {
        this.memory = memory;
        this.workers = workers;
        this.loops = loops;
        this.lanes = memory.block();
        this.winograd = new WinogradConvolution(memory, workers, loops);
        this.grouped = new GroupedConvolution(memory, workers, loops);
        this.winogradWeightGradient = new WinogradWeightGradient(memory, workers, loops);
        this.groupedWeightGradient = new GroupedWeightGradient(memory, workers, loops);
        this.weightGradient = new DirectWeightGradient(memory, workers, loops);
    }

    /** Chooses the algorithm of convolutions with an epilogue as for a single image. */
    public void makeBatchInvariant() {
        batchInvariant = true;
    }

    /** Whether a convolution reads its input in row-major order. */
    static boolean isStem(CpuArray x, int lanes, Conv2dOptions o) {
        return x.isRowMajor() && x.shape().dim(1) * 2 <= lanes && o.groups() == 1;
    }

    @Override
    public Array conv2d(Array array, Array weight, Epilogue epilogue, Conv2dOptions o) {
        Shape outShape = o.outputShape(array.shape(), weight.shape());
        boolean stem = isStem(cpu(array), lanes, o);
        CpuArray x = stem ? memory.asRowMajor(array) : memory.asBlocked(array);
        Shape xShape = x.shape();
        CpuArray y = memory.blocked(outShape);
        CpuArray w = memory.asRowMajor(weight);
        CpuArray residual = epilogue.residual() == null ? null : memory.asBlocked(epilogue.residual());
        BlockedEpilogue blocked = blocked(epilogue, residual, outShape.dim(1));
        // For the few tiles of a single image, direct convolution is faster: see WinogradChoice.
        Shape chosenFor = !batchInvariant || blocked == null ? outShape
                : Shape.of(1, outShape.dim(1), outShape.dim(2), outShape.dim(3));
        if (!stem && winograd.choice().suitsForward(xShape, w.shape(), chosenFor, o)) {
            winograd.forward(x, w, blocked, o, y);
        } else if (grouped.suits(w.shape(), o)) {
            grouped.forward(x, w, blocked, o, y);
        } else {
            direct(plan(new PlanKey(xShape, w.shape(), o, false, stem),
                    () -> ConvolutionPlan.forward(xShape, w.shape(), outShape, o, x.block(), lanes, loops.panel())), x, w, blocked, y);
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
    private @Nullable BlockedEpilogue blocked(Epilogue e, @Nullable CpuArray residual, int channels) {
        if (e.scale() == null && e.shift() == null && residual == null && !e.relu()) {
            return null;
        }
        int length = (CpuArray.channelBlocks(channels, lanes) + 1) * lanes;
        float[] scale = e.scale() == null ? filled(length, 1) : memory.padded(e.scale(), length);
        float[] shift = e.shift() == null ? filled(length, 0) : memory.padded(e.shift(), length);
        return new BlockedEpilogue(scale, shift, residual == null ? null : residual.data(), e.relu());
    }

    private void release(@Nullable BlockedEpilogue e) {
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
            direct(plan(new PlanKey(xShape, w.shape(), o, true, false),
                    () -> ConvolutionPlan.inputGradient(gy.shape(), w.shape(), xShape, o, lanes, loops.panel())), gy, w, null, gx);
        }
        w.release();
        gy.release();
        return gx;
    }

    private ConvolutionPlan plan(PlanKey key, Supplier<ConvolutionPlan> make) {
        if (plans.size() >= PLANS) {
            plans.clear();
        }
        ConvolutionPlan plan = plans.get(key);
        return plan != null ? plan : plans.computeIfAbsent(key, k -> make.get());
    }

    private void direct(ConvolutionPlan plan, CpuArray x, CpuArray w, @Nullable BlockedEpilogue epilogue, CpuArray y) {
        if (!plan.coversTarget()) {
            int planes = y.shape().dim(0) * y.channelBlocks();
            int plane = y.length() / planes;
            workers.run(planes, p -> Arrays.fill(y.data(), p * plane, (p + 1) * plane, 0));
        }
        SourceImages images = plan.source();
        float[] source = images.isCopy() ? memory.pool().take(images.length()) : x.data();
        if (images.isCopy()) {
            images.copy(workers, x.data(), source);
        }
        for (ConvolutionPlan.LoopNest nest : plan.nests()) {
            if (!nest.isEmpty()) {
                ConvolutionPlan.Taps taps = nest.taps();
                w.storage().useDerived(taps.key(), taps.weightLength(), () -> packed(w, taps),
                        weights -> run(nest, images.length(), source, weights, epilogue, y.data()));
            }
        }
        if (images.isCopy()) {
            memory.pool().give(source);
        }
    }

    private float[] packed(CpuArray w, ConvolutionPlan.Taps taps) {
        PackedWeights.Layout layout = taps.layout();
        int[] offsets = taps.weights();
        float[] out = memory.pool().takeFitting(taps.weightLength());
        float[] from = w.data();
        int pieces = PackedWeights.pieces(layout);
        workers.run(layout.tiles() * pieces, i -> PackedWeights.pack(layout, taps.positions(), i / pieces, i % pieces, from, out,
                offsets[i / pieces]));
        return out;
    }

    /** Runs a nest in items of some rows and tiles of output channels; see the package's page for the loops. */
    private void run(ConvolutionPlan.LoopNest nest, int sourceLength, float[] x, float[] weights,
            @Nullable BlockedEpilogue epilogue, float[] y) {
        ConvolutionPlan.Taps taps = nest.taps();
        PackedWeights.Layout layout = taps.layout();
        int positions = taps.positions().count();
        int shift = Integer.numberOfTrailingZeros(layout.inputLanes());
        int px = nest.source().pixel();
        int py = nest.target().pixel();
        ItemSplit split = ItemSplit.of(nest, sourceLength, workers);
        workers.run(split.items(), item -> {
            int endRow = split.endRow(item);
            for (int tile = split.firstTile(item); tile < split.endTile(item); tile++) {
                int firstBlock = layout.firstBlock(tile);
                int vectors = layout.vectors(tile);
                int steps = layout.steps(tile, positions);
                for (int r = split.firstRow(item); r < endRow; r++) {
                    int pixels = nest.pixels(r);
                    int from = nest.source(r, firstBlock);
                    int to = nest.target(r, tile * layout.width());
                    loops.pixels(pixels, loops.tile(pixels, vectors, px, shift), vectors, x, from, px, taps.distances(), shift, steps,
                            weights, taps.weights()[tile], epilogue, layout.firstOutput(tile), y, to, py, nest.target().block());
                }
            }
        });
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
}
