package thaw.kernels.cpu;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * The gradient of a convolution's weight: for each place of the filter, the products of the input's channels with the
 * output gradient's channels, summed over all pixels by {@link OuterProducts}.
 *
 * <p>A unit is a tile of one or two vectors of output channels together with one input block (or all channels of a
 * row-major stem). It goes through the images in bands of rows that stay in a core's cache while all places of the filter
 * pass over them. Where there are few units, the batch is cut into parts with sums of their own, joined in order; how
 * many depends on the shapes alone.
 */
final class VectorWeightGradient {

    /** Output pixels of a band: two vectors of them are 128 KiB. */
    private static final int BAND = 1024;
    private static final int ITEMS = 32;

    private final Memory memory;
    private final Workers workers;
    private final int lanes;
    private final int rows;

    VectorWeightGradient(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
        this.lanes = memory.block();
        this.rows = OuterProducts.ROWS;
    }

    Array compute(Array gradient, Array array, Shape wShape, Conv2dOptions o) {
        boolean stem = VectorConvolution.isStem(Memory.cpu(array), lanes, o) && o.dilationW() == 1;
        CpuArray x = stem ? memory.asRowMajor(array) : memory.asBlocked(array);
        CpuArray gy = memory.asBlocked(gradient);
        CpuArray gw = memory.rowMajor(wShape);
        new Run(x, gy, gw, o, stem).run();
        x.release();
        gy.release();
        return gw;
    }

    /** One computation, with its extents. */
    private final class Run {
        final CpuArray gw;
        final Conv2dOptions o;
        final boolean stem;
        final float[] g;
        final int images;
        final int inputs;
        final int outputs;
        final int filterH;
        final int filterW;
        final int outH;
        final int outW;
        final int inLanes;
        final int inBlocks;
        final int outBlocks;
        final PaddedImages padded;
        final float[] x;
        final boolean copied;
        /** Starts of groups of filter columns in a stem, {@link #rows} at a time; 1 otherwise. */
        final int columnGroups;
        /** Floats of one unit's sums. */
        final int unitSize;
        final int bandRows;
        final int[] at;

        Run(CpuArray xArray, CpuArray gy, CpuArray gw, Conv2dOptions o, boolean stem) {
            this.gw = gw;
            this.o = o;
            this.stem = stem;
            g = gy.data();
            Shape xs = xArray.shape();
            images = xs.dim(0);
            inputs = xs.dim(1);
            outputs = gw.shape().dim(0);
            filterH = gw.shape().dim(2);
            filterW = gw.shape().dim(3);
            outH = gy.shape().dim(2);
            outW = gy.shape().dim(3);
            inLanes = stem ? 1 : lanes;
            inBlocks = CpuArray.channelBlocks(inputs, inLanes);
            outBlocks = gy.channelBlocks();
            padded = new PaddedImages(images * inBlocks, xs.dim(2), xs.dim(3), inLanes,
                    o.paddingH(), o.paddingW(), o.paddingH(), o.paddingW());
            copied = stem || o.paddingH() + o.paddingW() > 0;
            if (copied) {
                x = memory.pool().take(padded.length());
                padded.copy(workers, xArray.data(), x);
            } else {
                x = xArray.data();
            }
            columnGroups = stem ? (filterW + rows - 1) / rows : 1;
            unitSize = (stem ? inputs * filterH * columnGroups * rows : filterH * filterW * lanes) * 2 * lanes;
            bandRows = Math.max(1, Math.min(outH, BAND / outW));
            at = new int[bandRows * outW];
            for (int i = 0; i < at.length; i++) {
                at[i] = (i / outW * o.strideH() * padded.paddedWidth() + i % outW * o.strideW()) * inLanes;
            }
        }

        void run() {
            int tiles = (outBlocks + 1) / 2;
            int inUnits = stem ? 1 : inBlocks;
            int units = tiles * inUnits;
            int parts = Math.min(images, (ITEMS + units - 1) / units);
            float[] sums = memory.pool().take(units * parts * unitSize);
            workers.run(units * parts, item -> {
                int unit = item % units;
                int part = item / units;
                int tile = unit / inUnits;
                int block = unit % inUnits;
                if (!connected(tile, block)) {
                    return;
                }
                int to = (unit * parts + part) * unitSize;
                Arrays.fill(sums, to, to + unitSize, 0);
                for (int n = part * images / parts; n < (part + 1) * images / parts; n++) {
                    for (int row = 0; row < outH; row += bandRows) {
                        band(n, row, Math.min(bandRows, outH - row), tile, block, sums, to);
                    }
                }
            });
            workers.run(units, unit -> {
                int first = unit * parts * unitSize;
                if (!connected(unit / inUnits, unit % inUnits)) {
                    return;
                }
                for (int part = 1; part < parts; part++) {
                    int other = first + part * unitSize;
                    for (int i = 0; i < unitSize; i++) {
                        sums[first + i] += sums[other + i];
                    }
                }
                store(unit / inUnits, unit % inUnits, sums, first);
            });
            memory.pool().give(sums);
            if (copied) {
                memory.pool().give(x);
            }
        }

        private int vectors(int tile) {
            return Math.min(2, outBlocks - 2 * tile);
        }

        /** Whether a tile's groups reach an input block. */
        private boolean connected(int tile, int block) {
            int perGroupOut = outputs / o.groups();
            int perGroupIn = inputs / o.groups();
            int firstOut = tile * 2 * lanes;
            int lastOut = Math.min(outputs, firstOut + 2 * lanes) - 1;
            int firstIn = firstOut / perGroupOut * perGroupIn;
            int lastIn = (lastOut / perGroupOut + 1) * perGroupIn - 1;
            return stem || block * lanes <= lastIn && (block + 1) * lanes > firstIn;
        }

        private void band(int n, int row, int count, int tile, int block, float[] sums, int to) {
            int steps = count * outW;
            int outPlane = outH * outW * lanes;
            int go = (n * outBlocks + 2 * tile) * outPlane + row * outW * lanes;
            int vectors = vectors(tile);
            int top = row * o.strideH();
            int rowSize = padded.paddedWidth() * inLanes;
            if (stem) {
                for (int c = 0; c < inputs; c++) {
                    for (int r = 0; r < filterH; r++) {
                        int xo = (n * inputs + c) * padded.plane() + (top + r * o.dilationH()) * rowSize;
                        for (int s = 0; s < columnGroups; s++) {
                            OuterProducts.rows(x, xo + s * rows, at, steps, g, go, outPlane, vectors, sums,
                                    to + ((c * filterH + r) * columnGroups + s) * rows * vectors * lanes);
                        }
                    }
                }
                return;
            }
            for (int r = 0; r < filterH; r++) {
                for (int s = 0; s < filterW; s++) {
                    int xo = (n * inBlocks + block) * padded.plane() + (top + r * o.dilationH()) * rowSize
                            + s * o.dilationW() * lanes;
                    OuterProducts.add(x, xo, at, steps, g, go, outPlane, vectors, sums,
                            to + (r * filterW + s) * lanes * vectors * lanes);
                }
            }
        }

        /** Writes a unit's sums into the row-major gradient {@code [K, C/groups, R, S]}. */
        private void store(int tile, int block, float[] sums, int from) {
            int width = vectors(tile) * lanes;
            int perGroupOut = outputs / o.groups();
            int perGroupIn = inputs / o.groups();
            int filter = filterH * filterW;
            float[] to = gw.data();
            for (int i = 0; i < width; i++) {
                int k = tile * 2 * lanes + i;
                if (k >= outputs) {
                    break;
                }
                int firstIn = k / perGroupOut * perGroupIn;
                for (int c = stem ? 0 : Math.max(firstIn, block * lanes);
                        c < (stem ? inputs : Math.min(firstIn + perGroupIn, (block + 1) * lanes)); c++) {
                    int target = (k * perGroupIn + c - firstIn) * filter;
                    for (int f = 0; f < filter; f++) {
                        int row = stem
                                ? ((c * filterH + f / filterW) * columnGroups + f % filterW / rows) * rows + f % filterW % rows
                                : f * lanes + c - block * lanes;
                        to[target + f] = sums[from + row * width + i];
                    }
                }
            }
        }
    }
}
