package thaw.kernels.cpu.conv;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;
import thaw.kernels.cpu.microkernel.PackedWeights;
import thaw.kernels.cpu.parallel.Workers;

/**
 * Direct convolution on channel blocks, as an implicit matrix product without unrolling: for each row of output pixels and
 * tile of output channels, {@link BlockLoops#pixels} sums over the filter's positions and input channels.
 */
final class DirectConvolution {

    /** The number of plans kept; a network has some dozens, times the image and batch sizes in use. */
    private static final int PLANS = 2000;

    /** Multiply-adds in an item beyond which the cost of handing it to a thread is negligible. */
    private static final long ITEM = 2_000_000;

    private record Key(Shape x, Shape w, Conv2dOptions options, boolean gradient, boolean rowMajor) {
    }

    /** The key of packed weights, among the data derived from a weight. */
    private record PackKey(PackedWeights.Layout layout, List<Integer> positions) {
    }

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops loops;
    private final int lanes;
    private final Map<Key, ConvolutionPlan> plans = new ConcurrentHashMap<>();

    DirectConvolution(Memory memory, Workers workers, BlockLoops loops) {
        this.memory = memory;
        this.workers = workers;
        this.loops = loops;
        this.lanes = memory.block();
    }

    /** {@code y = epilogue(x ∗ w)}, the epilogue null for none; {@code x} row-major for a stem. */
    void forward(CpuArray x, CpuArray w, @Nullable BlockedEpilogue epilogue, Conv2dOptions o, CpuArray y) {
        boolean stem = x.block() != lanes;
        run(plan(new Key(x.shape(), w.shape(), o, false, stem),
                () -> ConvolutionPlan.forward(x.shape(), w.shape(), y.shape(), o, stem, lanes)), x, w, epilogue, y);
    }

    /** The gradient of the input. */
    void inputGradient(CpuArray gy, CpuArray w, Conv2dOptions o, CpuArray gx) {
        ConvolutionPlan plan = plan(new Key(gx.shape(), w.shape(), o, true, false),
                () -> ConvolutionPlan.backward(gy.shape(), w.shape(), gx.shape(), o, lanes));
        if (!plan.coversTarget()) {
            int planes = gx.shape().dim(0) * gx.channelBlocks();
            int plane = gx.length() / planes;
            workers.run(planes, p -> Arrays.fill(gx.data(), p * plane, (p + 1) * plane, 0));
        }
        run(plan, gy, w, null, gx);
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

    private void run(ConvolutionPlan plan, CpuArray x, CpuArray w, @Nullable BlockedEpilogue epilogue, CpuArray target) {
        SourceImages copy = plan.copy();
        float[] source = copy == null ? x.data() : memory.pool().take(copy.length());
        if (copy != null) {
            copy.copy(workers, x.data(), source);
        }
        for (ConvolutionPlan.Walk walk : plan.walks()) {
            if (walk.places().count() > 0 && walk.images() * walk.rows() > 0) {
                PackKey key = new PackKey(walk.layout(), Arrays.stream(walk.places().position()).boxed().toList());
                w.storage().useDerived(key, walk.weightLength(), () -> packed(w, walk),
                        weights -> walk(walk, source, weights, epilogue, target.data()));
            }
        }
        if (copy != null) {
            memory.pool().give(source);
        }
    }

    private float[] packed(CpuArray w, ConvolutionPlan.Walk walk) {
        int[] offsets = walk.weightOffsets();
        float[] out = memory.pool().takeFitting(walk.weightLength());
        float[] from = w.data();
        workers.run(walk.layout().tiles(), t -> PackedWeights.pack(walk.layout(), walk.places(), t, from, out, offsets[t]));
        return out;
    }

    /** @param weights in the order of {@link PackedWeights} */
    private void walk(ConvolutionPlan.Walk walk, float[] source, float[] weights, @Nullable BlockedEpilogue epilogue,
            float[] target) {
        PackedWeights.Layout layout = walk.layout();
        int total = walk.images() * walk.rows();
        int places = walk.places().count();
        int shift = Integer.numberOfTrailingZeros(layout.inputLanes());
        int tiles = layout.tiles();
        long perRow = (long) walk.pixels() * layout.steps(0, places) * tiles * layout.width() * lanes;
        int group = (int) Math.max(1, Math.min(total / ConvolutionPlan.ITEMS, ITEM / Math.max(1, perRow)));
        int groups = (total + group - 1) / group;
        int enough = Math.min(tiles, (ConvolutionPlan.ITEMS + groups - 1) / groups);
        int splits = workers.shareEvenly(groups * enough) ? enough : tiles;
        workers.run(groups * splits, item -> {
            int first = item / splits * group;
            int end = Math.min(total, first + group);
            int split = item % splits;
            for (int tile = split * tiles / splits; tile < (split + 1) * tiles / splits; tile++) {
                int vectors = layout.vectors(tile);
                int steps = layout.steps(tile, places);
                int block = layout.firstBlock(tile);
                for (int r = first; r < end; r++) {
                    int n = r / walk.rows();
                    int row = r % walk.rows();
                    int count = row == walk.rows() - 1 ? walk.lastPixels() : walk.pixels();
                    loops.pixels(count, loops.tile(count, vectors), vectors,
                            source, n * walk.sourceImage() + row * walk.sourceRow() + block * walk.sourceBlock(), walk.px(),
                            walk.taps(), shift, steps, weights, walk.weightOffsets()[tile], epilogue, layout.firstOutput(tile),
                            target, n * walk.targetImage() + walk.targetStart() + row * walk.targetRow()
                                    + tile * layout.width() * walk.targetBlock(),
                            walk.py(), walk.targetBlock());
                }
            }
        });
    }
}
