package thaw.kernels.cpu.winograd;

import java.util.Arrays;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.OuterProducts;
import thaw.kernels.cpu.microkernel.PartialSums;
import thaw.kernels.cpu.parallel.Workers;

/**
 * The weight gradient of a {@link WinogradConvolution}. Since {@code Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A} is linear in the filter
 * {@code g}, its gradient is
 * <pre>
 * dg = Gᵀ [ Σ (A dY Aᵀ) ⊙ (Bᵀ d B) ] G
 * </pre>
 * with the sum over all tiles: 36 products of small matrices, {@code inputs × tiles} by {@code tiles × outputs}, by
 * {@link OuterProducts}.
 *
 * <p>Up to 32 channels, an item takes a part of the tiles, in chunks that stay in the core's own cache, and has separate
 * sums, which are added in order. With more channels, the sums are too many for that. If all transformed tiles fit into
 * the third-level cache (small images), an item then sums a square of channels at all values and transforms it back while
 * it is in the core's own cache. Otherwise tiles come in parts that do fit, and the sums of all channels are kept from
 * part to part; in each part a single item updates a given sum. The order of a sum's terms is therefore fixed.
 *
 * <p>GFLOP/s, counted as for a direct gradient, on one core whose FMA peak is 116, batch 16, JDK 17 (in parentheses the
 * direct one's): 64 channels at 56² 276 (101), 128 at 28² 304 (101), 256 at 14² 260 (81), 512 at 7² 217 (88); with a
 * stride of 2 64→128 to 28² 110 (100), 128→256 to 14² 105 (98), 256→512 to 7² 120 (86); batch 128: 16 channels at 32² 136,
 * 32 at 16² 183, 64 at 8² 215.
 */
public final class WinogradWeightGradient {

    /** Values of a filter. */
    private static final int VALUES = WinogradWeights.VALUES;

    /** Outputs along a line of a tile. */
    private static final int SIDE = WinogradPoints.OUTPUTS;

    /** Floats of a part's transformed inputs and gradients: 4 MiB. */
    private static final int PART = 1 << 20;

    /** Floats of all transformed inputs and gradients up to which there are no parts: 24 MiB. */
    private static final int WHOLE = 3 << 21;

    /** The most tiles that an item with separate sums transforms at a time: they share a core's cache with the sums. */
    private static final int CHUNK = 64;

    /** Items with separate sums, and floats of all their sums: 2.5 MiB. */
    private static final int PARTS = 16;
    private static final int SUMS = 5 << 17;

    /** Input blocks in a square of channels. */
    private static final int GROUP = 4;

    /** Tiles that an item transforms. */
    private static final int PIECE = 32;

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops current;
    private final int lanes;

    public WinogradWeightGradient(Memory memory, Workers workers, BlockLoops current) {
        this.memory = memory;
        this.workers = workers;
        this.current = current;
        this.lanes = memory.block();
    }

    /** Whether there are enough tiles to outweigh clearing and transforming 36 sums for each pair of channels. */
    public static boolean pays(Shape gy, int stride) {
        int tiles = gy.dim(0) * WinogradTiles.along(gy.dim(2), SIDE) * WinogradTiles.along(gy.dim(3), SIDE);
        return tiles >= (stride == 1 ? 16 : 64);
    }

    /** Computes the gradient {@code [K, C, 3, 3]}, row-major, from two arrays in channel blocks. */
    public void compute(CpuArray x, CpuArray gy, int padH, int padW, int stride, CpuArray gw) {
        new Run(x, gy, padH, padW, stride, gw).run();
    }

    /** One gradient, with its extents. */
    private final class Run {
        final float[] x;
        final float[] gy;
        final CpuArray gw;
        final WinogradTiles tiles;
        final int pairs;
        final int inBlocks;
        final int outBlocks;
        final int panels;
        final int groups;

        Run(CpuArray x, CpuArray gy, int padH, int padW, int stride, CpuArray gw) {
            this.x = x.data();
            this.gy = gy.data();
            this.gw = gw;
            Shape in = x.shape();
            Shape out = gy.shape();
            tiles = new WinogradTiles(memory, TileTransforms.of(current), lanes, in.dim(0), in.dim(2), in.dim(3),
                    out.dim(2), out.dim(3), padH, padW, stride, SIDE);
            pairs = tiles.pairs();
            inBlocks = x.channelBlocks();
            outBlocks = gy.channelBlocks();
            panels = (outBlocks + current.panel() - 1) / current.panel();
            groups = (inBlocks + GROUP - 1) / GROUP;
        }

        void run() {
            int total = tiles.count();
            if (hasFewSums() && total >= PARTS * CHUNK) {
                inChunks();
                return;
            }
            int perTile = pairs * (inBlocks + outBlocks) * lanes;
            boolean isWhole = (long) total * perTile <= WHOLE;
            if (isWhole && workers.shareEvenly(panels * groups)) {
                Part part = new Part(0, total);
                part.transform();
                workers.run(panels * groups, item -> {
                    Square square = new Square(item / groups, item % groups);
                    float[] u = memory.pool().take(square.length());
                    Arrays.fill(u, 0, square.length(), 0);
                    for (int pair = 0; pair < pairs; pair++) {
                        part.add(square, pair, u, 0);
                    }
                    square.store(u, 0);
                    memory.pool().give(u);
                });
                part.close();
                return;
            }
            float[] u = memory.pool().take(panels * groups * new Square(0, 0).length());
            int size = isWhole ? total : Math.max(16, PART / perTile);
            int length = new Square(0, 0).length();
            workers.run(panels * groups, item -> Arrays.fill(u, item * length, (item + 1) * length, 0));
            for (int first = 0; first < total; first += size) {
                Part part = new Part(first, Math.min(size, total - first));
                part.transform();
                int together = current.hasVectors() ? 1 : GROUP;
                int pieces = (inBlocks + together - 1) / together;
                workers.run(VALUES * panels * pieces, item -> {
                    int block = item % pieces * together;
                    int panel = item / pieces % panels;
                    Square square = new Square(panel, block / GROUP);
                    for (int pair = 0; pair < pairs; pair++) {
                        if (tiles.filterValue(pair) == item / pieces / panels) {
                            part.add(square, block, Math.min(inBlocks, block + together), pair, u,
                                    (panel * groups + block / GROUP) * length);
                        }
                    }
                });
                part.close();
            }
            workers.run(panels * groups, item -> new Square(item / groups, item % groups).store(u, item * length));
            memory.pool().give(u);
        }

        /** Whether items may have separate sums. This decides about the order of the sums: it must not depend on the panels. */
        private boolean hasFewSums() {
            int inputs = groups * Math.min(GROUP, inBlocks) * lanes;
            int outputs = outBlocks == 1 ? lanes : (outBlocks + 1) / 2 * 2 * lanes;
            return PARTS * VALUES * inputs * outputs <= SUMS;
        }

        /** One item per part of the tiles, chunk by chunk, with separate sums. */
        private void inChunks() {
            int total = tiles.count();
            int length = new Square(0, 0).length();
            int size = panels * groups * length;
            float[] sums = memory.pool().take(PARTS * size);
            workers.run(PARTS, part -> {
                Arrays.fill(sums, part * size, (part + 1) * size, 0);
                int begin = (int) ((long) part * total / PARTS);
                int tilesOfPart = (int) ((part + 1L) * total / PARTS) - begin;
                int chunks = (tilesOfPart + CHUNK - 1) / CHUNK;
                for (int i = 0; i < chunks; i++) {
                    int first = begin + i * tilesOfPart / chunks;
                    Part chunk = new Part(first, begin + (i + 1) * tilesOfPart / chunks - first);
                    chunk.transformHere();
                    for (int item = 0; item < panels * groups; item++) {
                        Square square = new Square(item / groups, item % groups);
                        for (int pair = 0; pair < pairs; pair++) {
                            chunk.add(square, pair, sums, part * size + item * length);
                        }
                    }
                    chunk.close();
                }
            });
            PartialSums.join(current, workers, sums, size, PARTS);
            workers.run(panels * groups, item -> new Square(item / groups, item % groups).store(sums, item * length));
            memory.pool().give(sums);
        }

        /** A range of tiles, transformed. */
        private final class Part {
            final int first;
            final int count;
            final float[] v;
            final float[] m;
            final int[] at;

            Part(int first, int count) {
                this.first = first;
                this.count = count;
                v = memory.pool().take(pairs * inBlocks * count * lanes);
                m = memory.pool().take(pairs * outBlocks * count * lanes);
                at = new int[count];
                for (int t = 0; t < count; t++) {
                    at[t] = t * lanes;
                }
            }

            void close() {
                memory.pool().give(v);
                memory.pool().give(m);
            }

            void transform() {
                int pieces = (count + PIECE - 1) / PIECE;
                workers.run((inBlocks + outBlocks) * pieces, item -> {
                    int from = item % pieces * PIECE;
                    int to = Math.min(count, from + PIECE);
                    int block = item / pieces;
                    if (block < inBlocks) {
                        tiles.input(x, inBlocks, block, block + 1, first, count, from, to, v);
                    } else {
                        tiles.gradient(gy, outBlocks, block - inBlocks, block - inBlocks + 1, first, count, from, to, m);
                    }
                });
            }

            /** {@link #transform} within the calling item. */
            void transformHere() {
                tiles.input(x, inBlocks, 0, inBlocks, first, count, 0, count, v);
                tiles.gradient(gy, outBlocks, 0, outBlocks, first, count, 0, count, m);
            }

            /** Adds the products at a pair of points, summed over the tiles, to {@code u[uo …]}. */
            void add(Square s, int pair, float[] u, int uo) {
                add(s, s.firstBlock, s.endBlock, pair, u, uo);
            }

            /** {@link #add} for some of the square's input blocks. */
            void add(Square s, int block, int endBlock, int pair, float[] u, int uo) {
                int begin = Math.max(0, tiles.begin(pair) - first);
                int end = Math.min(count, tiles.end(pair) - first);
                if (begin < end) {
                    int[] from = new int[endBlock - block];
                    for (int i = 0; i < from.length; i++) {
                        from[i] = ((pair * inBlocks + block + i) * count + begin) * lanes;
                    }
                    OuterProducts.add(current, lanes, v, from, at, end - begin,
                            m, ((pair * outBlocks + s.output) * count + begin) * lanes, count * lanes, s.vectors,
                            u, uo + tiles.filterValue(pair) * s.valueSize() + (block - s.firstBlock) * lanes * s.vectors * lanes);
                }
            }
        }

        /** Some input channels by a panel of output channels: {@code [36][input][output]}. */
        private final class Square {
            /** The first block of output channels. */
            final int output;
            final int vectors;
            final int firstBlock;
            final int endBlock;

            Square(int panel, int group) {
                output = panel * current.panel();
                vectors = Math.min(current.panel(), outBlocks - output);
                firstBlock = group * GROUP;
                endBlock = Math.min(inBlocks, firstBlock + GROUP);
            }

            int valueSize() {
                return (endBlock - firstBlock) * lanes * vectors * lanes;
            }

            int length() {
                return VALUES * valueSize();
            }

            /** Transforms sums to the filters' gradients, in row-major order. */
            void store(float[] u, int uo) {
                float[] scratch = memory.pool().take(VALUES * lanes);
                float[] filters = memory.pool().take(9 * lanes * lanes);
                for (int block = firstBlock; block < endBlock; block++) {
                    for (int v = 0; v < vectors; v++) {
                        for (int i = 0; i < lanes; i++) {
                            int from = uo + (((block - firstBlock) * lanes + i) * vectors + v) * lanes;
                            if (tiles.stride() == 1) {
                                tiles.transforms().filterGradient(4, u, from, valueSize(), scratch, filters,
                                        i * 9 * lanes, lanes);
                            } else {
                                tiles.transforms().stridedFilterGradient(4, u, from, valueSize(), scratch, filters,
                                        i * 9 * lanes, lanes);
                            }
                        }
                        scatter(filters, (output + v) * lanes, block * lanes);
                    }
                }
                memory.pool().give(scratch);
                memory.pool().give(filters);
            }

            /** Stores one block's {@code [input][place][output]} in row-major order. */
            private void scatter(float[] filters, int output, int input) {
                int outputs = gw.shape().dim(0);
                int inputs = gw.shape().dim(1);
                int run = 9 * Math.min(lanes, inputs - input);
                float[] to = gw.data();
                for (int o = 0; o < Math.min(lanes, outputs - output); o++) {
                    int target = ((output + o) * inputs + input) * 9;
                    for (int i = 0; i < run; i++) {
                        to[target + i] = filters[i * lanes + o];
                    }
                }
            }
        }
    }
}
