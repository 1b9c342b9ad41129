package thaw.kernels.cpu;

import java.util.Arrays;
import thaw.kernels.Shape;

/**
 * The gradient of the weight of a {@link WinogradConvolution}. Since {@code Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A} is linear in the
 * filter {@code g}, its gradient is
 * <pre>
 * dg = Gᵀ [ Σ (A dY Aᵀ) ⊙ (Bᵀ d B) ] G
 * </pre>
 * with the sum over all tiles: 36 products of small matrices, {@code inputs × tiles} by {@code tiles × outputs}, by
 * {@link OuterProducts}. Tiles come in parts whose transformed forms stay in the third-level cache; the sums of
 * a position and a tile of output channels are one item's alone, part after part, so their order never changes.
 */
final class WinogradWeightGradient {

    private static final int POSITIONS = WinogradPoints.PAIRS;

    /** Floats of a part's transformed inputs and gradients: 8 MiB. */
    private static final int PART = 1 << 21;

    /** Tiles that an item transforms. */
    private static final int PIECE = 32;

    private final Memory memory;
    private final Workers workers;
    private final int lanes;

    WinogradWeightGradient(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
        this.lanes = memory.block();
    }

    /** Whether there are tiles enough to outweigh clearing and transforming 36 sums for each pair of channels. */
    static boolean pays(Shape gy) {
        return gy.dim(0) * WinogradTiles.along(gy.dim(2)) * WinogradTiles.along(gy.dim(3)) >= 16;
    }

    /** Both in channel blocks; the gradient {@code [K, C, 3, 3]} is row-major. */
    void compute(CpuArray x, CpuArray gy, int padH, int padW, CpuArray gw) {
        Shape in = x.shape();
        Shape out = gy.shape();
        WinogradTiles tiles = new WinogradTiles(memory, lanes, in.dim(0), in.dim(2), in.dim(3), out.dim(2), out.dim(3),
                padH, padW);
        int inBlocks = x.channelBlocks();
        int outBlocks = gy.channelBlocks();
        int pairs = (outBlocks + 1) / 2;
        int inputs = inBlocks * lanes;
        // [36][input][output], for each position tile by tile of output channels.
        int position = inputs * outBlocks * lanes;
        float[] u = memory.pool().take(POSITIONS * position);
        int total = tiles.count();
        int size = Math.min(total, Math.max(16, PART / (POSITIONS * (inBlocks + outBlocks) * lanes)));
        float[] v = memory.pool().take(POSITIONS * inBlocks * size * lanes);
        float[] m = memory.pool().take(POSITIONS * outBlocks * size * lanes);
        float[] source = x.data();
        float[] gradient = gy.data();
        int[] at = new int[size];
        for (int t = 0; t < size; t++) {
            at[t] = t * lanes;
        }
        for (int start = 0; start < total; start += size) {
            int first = start;
            int count = Math.min(size, total - first);
            int pieces = (count + PIECE - 1) / PIECE;
            workers.run((inBlocks + outBlocks) * pieces, item -> {
                int from = item % pieces * PIECE;
                int to = Math.min(count, from + PIECE);
                int block = item / pieces;
                if (block < inBlocks) {
                    tiles.input(source, inBlocks, block, first, count, from, to, v);
                } else {
                    tiles.gradient(gradient, outBlocks, block - inBlocks, first, count, from, to, m);
                }
            });
            workers.run(POSITIONS * pairs, item -> {
                int p = item / pairs;
                int pair = item % pairs;
                int vectors = Math.min(2, outBlocks - 2 * pair);
                int to = p * position + pair * 2 * lanes * inputs;
                if (first == 0) {
                    Arrays.fill(u, to, to + inputs * vectors * lanes, 0);
                }
                int begin = Math.max(0, tiles.begin(p) - first);
                int end = Math.min(count, tiles.end(p) - first);
                for (int block = 0; block < inBlocks && begin < end; block++) {
                    OuterProducts.add(v, ((p * inBlocks + block) * count + begin) * lanes, at, end - begin, m,
                            ((p * outBlocks + 2 * pair) * count + begin) * lanes, count * lanes, vectors, u,
                            to + block * lanes * vectors * lanes);
                }
            });
        }
        memory.pool().give(v);
        memory.pool().give(m);
        workers.run(pairs * inBlocks, item -> store(u, position, item / inBlocks, item % inBlocks, inputs, outBlocks, gw));
        memory.pool().give(u);
    }

    private void store(float[] u, int position, int pair, int block, int inputs, int outBlocks, CpuArray gw) {
        int outputs = gw.shape().dim(0);
        int channels = gw.shape().dim(1);
        int vectors = Math.min(2, outBlocks - 2 * pair);
        float[] scratch = memory.pool().take(WinogradPoints.scratch(lanes));
        float[] filters = memory.pool().take(9 * lanes);
        float[] to = gw.data();
        for (int c = block * lanes; c < Math.min(channels, (block + 1) * lanes); c++) {
            for (int v = 0; v < vectors; v++) {
                WinogradFilter.gradient(u, pair * 2 * lanes * inputs + (c * vectors + v) * lanes, position,
                        scratch, filters, 0);
                int firstOutput = (2 * pair + v) * lanes;
                for (int i = 0; i < Math.min(lanes, outputs - firstOutput); i++) {
                    int target = ((firstOutput + i) * channels + c) * 9;
                    for (int place = 0; place < 9; place++) {
                        to[target + place] = filters[place * lanes + i];
                    }
                }
            }
        }
        memory.pool().give(scratch);
        memory.pool().give(filters);
    }
}
