package thaw.kernels.cpu.grouped;

import java.util.Arrays;
import java.util.stream.IntStream;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.PartialSums;
import thaw.kernels.cpu.parallel.Workers;

/**
 * The weight gradient of a {@link GroupedConvolution}, with groups in lanes likewise. Each band of rows of one set of
 * groups is gathered from input and output gradient, and {@link GroupProducts} sums over its pixels. The bands are split
 * into parts with separate sums, which are added in order; the number of parts depends on the shapes alone.
 */
public final class GroupedWeightGradient {

    /** Floats in an item's two windows: 256 KiB. */
    private static final int WINDOW = 1 << 16;

    /** The least number of items per job, so that any number of threads is evenly loaded. */
    private static final int ITEMS = 64;

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops loops;
    private final int lanes;

    public GroupedWeightGradient(Memory memory, Workers workers, BlockLoops loops) {
        this.memory = memory;
        this.workers = workers;
        this.loops = loops;
        this.lanes = memory.block();
    }

    public void compute(CpuArray x, CpuArray gy, Conv2dOptions o, CpuArray gw) {
        Shape filter = gw.shape();
        int groups = o.groups();
        int inputs = filter.dim(1);
        int outputs = filter.dim(0) / groups;
        FilterAxis down = FilterAxis.forward(gy.shape().dim(2), filter.dim(2), o.strideH(), o.paddingH(), o.dilationH());
        FilterAxis right = FilterAxis.forward(gy.shape().dim(3), filter.dim(3), o.strideW(), o.paddingW(), o.dilationW());
        int images = x.shape().dim(0);
        int outH = down.count();
        int outW = right.count();
        int columns = o.strideW() * (outW - 1) + (filter.dim(3) - 1) * o.dilationW() + 1;
        int reach = (filter.dim(2) - 1) * o.dilationH() + 1;
        int perRow = (o.strideH() * inputs * columns + outputs * outW) * lanes;
        int bandRows = Math.max(1, Math.min(outH, (WINDOW - reach * inputs * columns * lanes) / perRow));
        int bands = (outH + bandRows - 1) / bandRows;
        int windowRows = o.strideH() * (bandRows - 1) + reach;
        int plane = windowRows * columns * lanes;

        // A row of the products is a filter position and an input channel of the group; their number is rounded up to
        // whole multiples.
        int places = filter.dim(2) * filter.dim(3);
        int[] rows = IntStream.range(0, (inputs * places + GroupProducts.ROWS - 1) / GroupProducts.ROWS * GroupProducts.ROWS)
                .map(r -> r >= inputs * places ? 0 : r / places * plane
                        + (r % places / filter.dim(3) * o.dilationH() * columns + r % filter.dim(3) * o.dilationW()) * lanes)
                .toArray();
        int[] at = new int[bandRows * outW];
        for (int i = 0; i < at.length; i++) {
            at[i] = (i / outW * o.strideH() * columns + i % outW * o.strideW()) * lanes;
        }

        int sets = GroupLanes.sets(groups, lanes);
        int parts = Math.min(images * bands, (ITEMS + sets - 1) / sets);
        int size = rows.length * outputs * lanes;
        float[] sums = memory.pool().take(sets * parts * size);
        GroupLanes in = new GroupLanes(inputs, loops);
        GroupLanes out = new GroupLanes(outputs, loops);
        int xImage = x.channelBlocks() * x.shape().dim(2) * x.shape().dim(3) * lanes;
        int gImage = gy.channelBlocks() * outH * outW * lanes;
        workers.run(sets * parts, item -> {
            int set = item % sets;
            int part = item / sets;
            int to = item * size;
            Arrays.fill(sums, to, to + size, 0);
            float[] window = memory.pool().take(inputs * plane);
            float[] g = memory.pool().take(outputs * bandRows * outW * lanes);
            for (int b = part * images * bands / parts; b < (part + 1) * images * bands / parts; b++) {
                int n = b / bands;
                int row = b % bands * bandRows;
                int count = Math.min(bandRows, outH - row);
                in.gather(x.data(), n * xImage, x.channelBlocks(), x.shape().dim(2), x.shape().dim(3), set,
                        new GroupLanes.Window(row * o.strideH() - o.paddingH(), windowRows, -o.paddingW(), columns), window);
                out.gather(gy.data(), n * gImage, gy.channelBlocks(), outH, outW, set,
                        new GroupLanes.Window(row, count, 0, outW), g);
                for (int q = 0, some; q < outputs; q += some) {
                    some = GroupTaps.outputs(outputs - q);
                    GroupProducts.add(loops, some, window, rows, at, count * outW, g, q * count * outW * lanes,
                            count * outW * lanes, sums, to + q * rows.length * lanes);
                }
            }
            memory.pool().give(g);
            memory.pool().give(window);
        });
        PartialSums.join(loops, workers, sums, sets * size, parts);
        workers.run(sets, set -> {
            int first = set * size;
            float[] to = gw.data();
            for (int g = set * lanes; g < Math.min(groups, (set + 1) * lanes); g++) {
                for (int q = 0, some; q < outputs; q += some) {
                    some = GroupTaps.outputs(outputs - q);
                    for (int i = 0; i < some; i++) {
                        int target = (g * outputs + q + i) * inputs * places;
                        int from = first + (q * rows.length + i) * lanes + g % lanes;
                        for (int r = 0; r < inputs * places; r++) {
                            to[target + r] = sums[from + r * some * lanes];
                        }
                    }
                }
            }
        });
        memory.pool().give(sums);
    }
}
