package thaw.kernels.cpu.grouped;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
 * Convolutions in groups of fewer channels than a vector has lanes, including depthwise ones: forward, and the gradient of
 * the input, which is a convolution of the output's gradient. As dense tiles they would multiply by zero in at least 4 of
 * 5 multiplications. Here a lane is a group ({@link GroupLanes}), and no multiplication is wasted ({@link GroupTaps}).
 *
 * <p>An item is a band of rows of one set of groups in one image: its source is gathered, with its padding, into a window
 * that stays in the second-level cache, and the results are scattered row by row.
 *
 * <p>Milliseconds on one core for 8 images, 3×3, here and as dense tiles: 128 channels in 32 groups at 56×56 6.2, 18.9;
 * 256 in 32 at 28×28 5.5, 9.9; 64 depthwise at 56×56 1.3, 9.7. The products alone run at 96 GFLOP/s of 116; more than half
 * of the time is spent on moving channels to lanes and back.
 */
public final class GroupedConvolution {

    /** Floats in an item's window: 256 KiB. */
    private static final int WINDOW = 1 << 16;

    /** The least number of items per job, so that any number of threads is evenly loaded. */
    private static final int ITEMS = 32;

    /** The key of weights with groups in lanes, among the data derived from a weight. */
    private record Key(boolean transposed, List<Integer> rows, List<Integer> columns) {
    }

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops loops;
    private final int lanes;
    private final Map<Integer, GroupLanes> groupLanes = new ConcurrentHashMap<>();

    public GroupedConvolution(Memory memory, Workers workers, BlockLoops loops) {
        this.memory = memory;
        this.workers = workers;
        this.loops = loops;
        this.lanes = memory.block();
    }

    /** Whether dense tiles would take at least twice the multiplications. */
    public boolean suits(Shape w, Conv2dOptions o) {
        if (o.groups() == 1) {
            return false;
        }
        int perGroupOut = w.dim(0) / o.groups();
        PackedWeights.Layout dense = new PackedWeights.Layout(w.dim(0), w.dim(1) * o.groups(), o.groups(), 1, false, lanes, lanes, 2);
        long tiles = 0;
        for (int t = 0; t < dense.tiles(); t++) {
            tiles += (long) dense.steps(t, 1) * dense.vectors(t);
        }
        return 2L * GroupLanes.sets(o.groups(), lanes) * perGroupOut * w.dim(1) <= tiles;
    }

    public void forward(CpuArray x, CpuArray w, @Nullable BlockedEpilogue epilogue, Conv2dOptions o, CpuArray y) {
        Shape filter = w.shape();
        new Run(x, w, false, o.groups(),
                new FilterAxis[] {FilterAxis.forward(y.shape().dim(2), filter.dim(2), o.strideH(), o.paddingH(), o.dilationH())},
                new FilterAxis[] {FilterAxis.forward(y.shape().dim(3), filter.dim(3), o.strideW(), o.paddingW(), o.dilationW())},
                epilogue, y).run();
    }

    public void inputGradient(CpuArray gy, CpuArray w, Conv2dOptions o, CpuArray gx) {
        Shape filter = w.shape();
        new Run(gy, w, true, o.groups(),
                FilterAxis.backward(gx.shape().dim(2), filter.dim(2), o.strideH(), o.paddingH(), o.dilationH()),
                FilterAxis.backward(gx.shape().dim(3), filter.dim(3), o.strideW(), o.paddingW(), o.dilationW()),
                null, gx).run();
    }

    private GroupLanes lanesOf(int channels) {
        return groupLanes.computeIfAbsent(channels, m -> new GroupLanes(m, loops));
    }

    /** One computation, with its extents. */
    private final class Run {
        final CpuArray source;
        final CpuArray target;
        final FilterAxis[] rows;
        final FilterAxis[] columns;
        final @Nullable BlockedEpilogue epilogue;
        final int sets;
        /** Channels per group in the source and in the target. */
        final int inputs;
        final int outputs;
        final int firstRow;
        final int firstColumn;
        final int bandRows;
        final int windowRows;
        final int windowColumns;
        final GroupLanes in;
        final GroupLanes out;
        final Phase[] phases;

        Run(CpuArray source, CpuArray w, boolean transposed, int groups, FilterAxis[] rows, FilterAxis[] columns,
                @Nullable BlockedEpilogue epilogue, CpuArray target) {
            this.source = source;
            this.target = target;
            this.rows = rows;
            this.columns = columns;
            this.epilogue = epilogue;
            sets = GroupLanes.sets(groups, lanes);
            inputs = source.shape().dim(1) / groups;
            outputs = target.shape().dim(1) / groups;
            in = lanesOf(inputs);
            out = lanesOf(outputs);
            firstRow = FilterAxis.least(rows);
            firstColumn = FilterAxis.least(columns);
            int reach = FilterAxis.most(rows) - firstRow + 1;
            windowColumns = columns[0].sourceStep() * (FilterAxis.longest(columns) - 1)
                    + FilterAxis.most(columns) - firstColumn + 1;
            int fit = (WINDOW / (inputs * windowColumns * lanes) - reach) / rows[0].sourceStep() + 1;
            int even = FilterAxis.longest(rows) * target.shape().dim(0) * sets / ITEMS;
            bandRows = Math.max(1, Math.min(FilterAxis.longest(rows), Math.min(fit, Math.max(4, even))));
            windowRows = rows[0].sourceStep() * (bandRows - 1) + reach;
            phases = new Phase[rows.length * columns.length];
            for (int i = 0; i < phases.length; i++) {
                phases[i] = new Phase(rows[i / columns.length], columns[i % columns.length], w, transposed, groups);
            }
        }

        void run() {
            if (Arrays.stream(phases).anyMatch(p -> p.at.length == 0)) {
                Arrays.fill(target.data(), 0, target.length(), 0);
            }
            int bands = (FilterAxis.longest(rows) + bandRows - 1) / bandRows;
            int height = source.shape().dim(2);
            int width = source.shape().dim(3);
            int image = source.channelBlocks() * height * width * lanes;
            workers.run(target.shape().dim(0) * sets * bands, item -> {
                int band = item % bands;
                int set = item / bands % sets;
                int n = item / bands / sets;
                float[] window = memory.pool().take(inputs * windowRows * windowColumns * lanes);
                in.gather(source.data(), n * image, source.channelBlocks(), height, width, set, new GroupLanes.Window(
                        rows[0].sourceStep() * band * bandRows + firstRow, windowRows, firstColumn, windowColumns), window);
                float[] line = memory.pool().take(outputs * FilterAxis.longest(columns) * lanes);
                for (Phase phase : phases) {
                    if (phase.at.length > 0) {
                        phase.band(n, set, band * bandRows, window, line);
                    }
                }
                memory.pool().give(line);
                memory.pool().give(window);
            });
            for (Phase phase : phases) {
                phase.close();
            }
        }

        /** The pixels of one phase of rows and columns, and the filter positions that they meet. */
        private final class Phase {
            final FilterAxis down;
            final FilterAxis right;
            final int[] at;
            final float @Nullable [] kept;
            final float[] weights;

            Phase(FilterAxis down, FilterAxis right, CpuArray w, boolean transposed, int groups) {
                this.down = down;
                this.right = right;
                int places = down.filter().length * right.filter().length;
                at = new int[inputs * places];
                for (int k = 0; k < at.length; k++) {
                    int place = k % places;
                    at[k] = ((k / places * windowRows + down.offset()[place / right.filter().length] - firstRow) * windowColumns
                            + right.offset()[place % right.filter().length] - firstColumn) * lanes;
                }
                kept = at.length == 0 ? null : w.storage().kept(
                        new Key(transposed, Arrays.stream(down.filter()).boxed().toList(),
                                Arrays.stream(right.filter()).boxed().toList()),
                        weightLength(), () -> pack(w, transposed, groups));
                weights = kept != null || at.length == 0 ? kept : pack(w, transposed, groups);
            }

            private int weightLength() {
                return sets * outputs * at.length * lanes;
            }

            void close() {
                if (kept != weights) {
                    memory.pool().give(weights);
                }
            }

            /** The weights as {@code [set][outputs, some at a time][k][output][lane]}. */
            private float[] pack(CpuArray w, boolean transposed, int groups) {
                float[] out = memory.pool().takeFitting(weightLength());
                Arrays.fill(out, 0, weightLength(), 0);
                int filterW = w.shape().dim(3);
                int filter = w.shape().dim(2) * filterW;
                int places = at.length / inputs;
                float[] from = w.data();
                for (int g = 0; g < groups; g++) {
                    for (int q = 0, some; q < outputs; q += some) {
                        some = GroupTaps.outputs(outputs - q);
                        int to = (g / lanes * outputs + q) * at.length * lanes + g % lanes;
                        for (int k = 0; k < at.length; k++) {
                            int j = k / places;
                            int position = down.filter()[k % places / right.filter().length] * filterW
                                    + right.filter()[k % places % right.filter().length];
                            for (int i = q; i < q + some; i++, to += lanes) {
                                int row = transposed ? (g * inputs + j) * outputs + i : (g * outputs + i) * inputs + j;
                                out[to] = from[row * filter + position];
                            }
                        }
                    }
                }
                return out;
            }

            void band(int n, int set, int first, float[] window, float[] line) {
                int height = target.shape().dim(2);
                int width = target.shape().dim(3);
                int plane = height * width * lanes;
                int blocks = target.channelBlocks();
                int count = right.count();
                int step = right.step() * lanes;
                for (int i = first; i < Math.min(first + bandRows, down.count()); i++) {
                    int row = n * blocks * plane + ((down.start() + down.step() * i) * width + right.start()) * lanes;
                    int from = down.sourceStep() * (i - first) * windowColumns * lanes;
                    if (outputs == 1) {
                        GroupTaps.row(loops, count, 1, window, from, right.sourceStep() * lanes, at, at.length, weights,
                                set * at.length * lanes, target.data(), row + set * plane, step, 0);
                    } else {
                        for (int q = 0, some; q < outputs; q += some) {
                            some = GroupTaps.outputs(outputs - q);
                            GroupTaps.row(loops, count, some, window, from, right.sourceStep() * lanes, at, at.length, weights,
                                    (set * outputs + q) * at.length * lanes, line, q * count * lanes, lanes, count * lanes);
                        }
                        out.scatter(line, count, set, blocks, target.data(), row, plane, step);
                    }
                    if (epilogue != null) {
                        for (int b = set * outputs; b < Math.min(blocks, (set + 1) * outputs); b++) {
                            epilogue.apply(loops, b * lanes, target.data(), row + b * plane, step, count);
                        }
                    }
                }
            }
        }
    }
}
