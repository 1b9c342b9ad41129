package thaw.kernels.cpu.conv;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.OuterProducts;
import thaw.kernels.cpu.microkernel.PackedWeights;
import thaw.kernels.cpu.microkernel.PartialSums;
import thaw.kernels.cpu.parallel.Workers;

/**
 * The gradient of a convolution's weight: for each filter position, the products of the input's channels with the output
 * gradient's channels, summed over all pixels by {@link OuterProducts}.
 *
 * <p>A unit is a tile of some vectors of output channels together with some input blocks (or all channels of a
 * row-major stem). It processes the images in bands of rows, or of whole images if these are small: while a band's
 * gradients are in a core's second-level cache, all blocks and all filter positions use them. 83 to 109 GFLOP/s on a core
 * whose peak is 116; the lowest for 1024 to 2048 channels at 7×7, where writing the gradient matters, and for 64 to 64.
 *
 * <p>If there are few units, the bands are split into parts with separate sums, which are added in order; the number of
 * parts depends on the shapes alone.
 */
final class DirectWeightGradient {

    /** Output pixels in a band: two vectors of 16 floats of them are 128 KiB. Below LEAST, reading and writing the sums costs too much. */
    private static final int BAND = 1024;
    private static final int LEAST = 128;

    /** The least number of items per job, so that any number of threads is evenly loaded. */
    private static final int ITEMS = 64;

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops loops;
    private final int lanes;

    DirectWeightGradient(Memory memory, Workers workers, BlockLoops loops) {
        this.memory = memory;
        this.workers = workers;
        this.loops = loops;
        this.lanes = memory.block();
    }

    Array compute(Array gradient, Array array, Shape wShape, Conv2dOptions o) {
        boolean stem = BlockedConvolution.isStem(Memory.cpu(array), lanes, o) && o.dilationW() == 1;
        CpuArray x = stem ? memory.asRowMajor(array) : memory.asBlocked(array);
        CpuArray gy = memory.asBlocked(gradient);
        CpuArray gw = memory.rowMajor(wShape);
        new Run(x, gy, gw, o, stem).run();
        x.release();
        gy.release();
        return gw;
    }

    /**
     * A band of a tile's gradients.
     *
     * @param image  the first image
     * @param source the offset of the band's source within a plane
     * @param steps  pixels
     */
    private record Band(int image, int source, int steps, float[] g, int go, int gBlock, int vectors) {
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
        final int inBlocks;
        final int outBlocks;
        final PackedWeights.Layout layout;
        final int plannedTiles;
        /** Floats in a source plane, in a row of it, and in a pixel. */
        final int plane;
        final int row;
        final int inLanes;
        final int gPlane;
        final float[] x;
        final boolean copied;
        /** Neighbouring columns of a stem's filter that are rows of one product, and the number of such groups. */
        final int columns;
        final int columnGroups;
        /** Rows of one input block's sums with one tile. */
        final int rows;
        /** The most input blocks that a tile's groups reach, and the number of items into which they are split. */
        final int reached;
        final int groups;
        /** A band is some whole images, or some rows of one image. */
        final int bandImages;
        final int bandRows;
        final int bandsOfImage;
        /** Floats of the source from one band to the next within an image. */
        final int bandStep;
        /** The offset of the source of each output pixel of a band. */
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
            layout = new PackedWeights.Layout(outputs, inputs, o.groups(), 1, false, inLanes, lanes, loops.panel());
            // The number of parts decides about the order of the sums: it must not depend on the panel.
            plannedTiles = new PackedWeights.Layout(outputs, inputs, o.groups(), 1, false, inLanes, lanes, 2).tiles();
            SourceImages copy = SourceImages.of(xs, gw.shape(), o, inLanes);
            copied = stem || copy.isCopy();
            if (copied) {
                x = memory.pool().take(copy.length());
                copy.copy(workers, xArray.data(), x);
            } else {
                x = xArray.data();
            }
            plane = copy.plane();
            row = copy.width() * inLanes;
            gPlane = outH * outW * lanes;
            columns = filterW <= 4 ? 4 : OuterProducts.rows(lanes);
            columnGroups = stem ? (filterW + columns - 1) / columns : 1;
            rows = stem ? inputs * filterH * columnGroups * columns : filterH * filterW * lanes;
            reached = mostBlocks();
            groups = Math.min((reached + 1) / 2, (ITEMS + plannedTiles - 1) / plannedTiles);
            int pixels = outH * outW;
            int size = (int) Math.min(BAND, (long) images * pixels * plannedTiles * groups / ITEMS);
            size = Math.max(size, LEAST);
            bandImages = Math.max(1, Math.min(images, size / pixels));
            bandRows = bandImages > 1 ? outH : Math.max(1, Math.min(outH, size / outW));
            bandsOfImage = (outH + bandRows - 1) / bandRows;
            at = new int[bandImages * bandRows * outW];
            int down = o.strideH() / copy.rows().step() * row;
            int right = o.strideW() / copy.columns().step() * inLanes;
            for (int i = 0; i < at.length; i++) {
                int y = i / outW;
                at[i] = y / bandRows * inBlocks * plane + y % bandRows * down + i % outW * right;
            }
            bandStep = bandRows * down;
        }

        void run() {
            int tiles = layout.tiles();
            int units = tiles * groups;
            int plannedUnits = plannedTiles * groups;
            int bands = (images + bandImages - 1) / bandImages * bandsOfImage;
            int parts = Math.min(bands, (ITEMS + plannedUnits - 1) / plannedUnits);
            int size = tiles * sumsOfTile();
            float[] sums = memory.pool().take(parts * size);
            workers.run(units * parts, item -> {
                int tile = item % tiles;
                int group = item / tiles % groups;
                int part = item / units;
                int first = group * reached / groups;
                int end = Math.min((group + 1) * reached / groups, endBlock(tile) - firstBlock(tile));
                if (first >= end) {
                    return;
                }
                int to = part * size + tile * sumsOfTile();
                int blockSize = blockSize(tile);
                Arrays.fill(sums, to + first * blockSize, to + end * blockSize, 0);
                float[] together = bandImages > 1 ? memory.pool().take(layout.width() * at.length * lanes) : null;
                for (int band = part * bands / parts; band < (part + 1) * bands / parts; band++) {
                    Band b = band(band, tile, together);
                    add(b, firstBlock(tile) + first, firstBlock(tile) + end, sums, to + first * blockSize);
                }
                if (together != null) {
                    memory.pool().give(together);
                }
            });
            PartialSums.join(loops, workers, sums, size, parts);
            workers.run(tiles * reached, unit -> {
                int tile = unit / reached;
                int block = firstBlock(tile) + unit % reached;
                if (block < endBlock(tile)) {
                    store(tile, block, sums, tile * sumsOfTile() + unit % reached * blockSize(tile));
                }
            });
            memory.pool().give(sums);
            if (copied) {
                memory.pool().give(x);
            }
        }

        /** Floats of one input block's sums with a tile. */
        private int blockSize(int tile) {
            return rows * layout.vectors(tile) * lanes;
        }

        private int sumsOfTile() {
            return reached * blockSize(0);
        }

        private int mostBlocks() {
            int most = 1;
            for (int t = 0; t < layout.tiles(); t++) {
                most = Math.max(most, endBlock(t) - firstBlock(t));
            }
            return most;
        }

        /** The first input block that a tile's groups reach; all channels of a stem are one block. */
        private int firstBlock(int tile) {
            return stem ? 0 : layout.firstBlock(tile);
        }

        private int endBlock(int tile) {
            return stem ? 1 : layout.endBlock(tile);
        }

        /** A tile's gradients on some rows, or on some images, whose pixels are then copied to {@code together}. */
        private Band band(int band, int tile, float[] together) {
            int vectors = layout.vectors(tile);
            int n = band / bandsOfImage * bandImages;
            int part = band % bandsOfImage;
            int go = (n * outBlocks + layout.width() * tile) * gPlane;
            if (together == null) {
                int rows = Math.min(bandRows, outH - part * bandRows);
                return new Band(n, part * bandStep, rows * outW, g, go + part * bandRows * outW * lanes, gPlane, vectors);
            }
            int count = Math.min(bandImages, images - n);
            for (int v = 0; v < vectors; v++) {
                for (int i = 0; i < count; i++) {
                    System.arraycopy(g, go + (i * outBlocks + v) * gPlane, together, (v * count + i) * gPlane, gPlane);
                }
            }
            return new Band(n, 0, count * outH * outW, together, 0, count * gPlane, vectors);
        }

        private void add(Band b, int block, int endBlock, float[] sums, int to) {
            int[] from = stem ? new int[inputs * filterH * columnGroups] : new int[(endBlock - block) * filterH * filterW];
            int across = stem ? columnGroups : filterW;
            int step = stem ? columns : o.dilationW() * lanes;
            for (int i = 0; i < from.length; i++) {
                int down = i / across;
                from[i] = (b.image * inBlocks + block + down / filterH) * plane + b.source + down % filterH * o.dilationH() * row
                        + i % across * step;
            }
            OuterProducts.add(loops, stem ? columns : lanes, x, from, at, b.steps, b.g, b.go, b.gBlock, b.vectors, sums, to);
        }

        /** Writes a unit's sums into the row-major gradient {@code [K, C/groups, R, S]}. */
        private void store(int tile, int block, float[] sums, int from) {
            int channels = layout.vectors(tile) * lanes;
            int perGroupOut = outputs / o.groups();
            int perGroupIn = inputs / o.groups();
            int filter = filterH * filterW;
            int firstOutput = layout.firstOutput(tile);
            float[] to = gw.data();
            for (int i = 0; i < Math.min(channels, outputs - firstOutput); i++) {
                int k = firstOutput + i;
                int firstIn = k / perGroupOut * perGroupIn;
                int c = stem ? 0 : Math.max(firstIn, block * lanes);
                int count = (stem ? inputs : Math.min(firstIn + perGroupIn, (block + 1) * lanes)) - c;
                int target = (k * perGroupIn + c - firstIn) * filter;
                for (int f = 0; f < filter; f++) {
                    int row = stem ? (f / filterW * columnGroups + f % filterW / columns) * columns + f % filterW % columns
                            : f * lanes + c - block * lanes;
                    int step = stem ? filterH * columnGroups * columns : 1;
                    copy(sums, from + row * channels + i, step * channels, to, target + f, filter, count);
                }
            }
        }
    }

    private static void copy(float[] from, int at, int step, float[] to, int target, int targetStep, int count) {
        for (int i = 0; i < count; i++) {
            to[target + i * targetStep] = from[at + i * step];
        }
    }
}
