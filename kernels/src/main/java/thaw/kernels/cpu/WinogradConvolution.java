package thaw.kernels.cpu;

import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * 3×3 convolutions of stride 1 by Winograd's F(4×4, 3×3), for which a convolution becomes 36 products of small matrices,
 * {@code tiles × inputs} by {@code inputs × outputs}, between two transforms; see {@link WinogradTransforms}.
 *
 * <p>The gradient of the input is such a convolution too: of the output's gradient, by the filters turned by 180°, with input
 * and output channels exchanged and a padding of {@code 2 − padding}.
 *
 * <p>Tiles are worked on in chunks that go through all three steps while they are in a core's cache, a chunk an item. Where
 * the weights are what does not fit (many channels, small images), all tiles are one chunk and each step is a job.
 */
final class WinogradConvolution {

    private static final int POSITIONS = WinogradTiles.POSITIONS;

    /** Floats of a chunk's transformed input and output together: 512 KiB, half of a core's second-level cache. */
    private static final int CHUNK = 1 << 17;

    /** Chunks that a convolution must have to be cut by them. */
    private static final int CHUNKS = 8;

    /** Floats of transformed weights that each chunk may go through again: 8 MiB, a part of the third-level cache. */
    private static final int WEIGHTS = 1 << 21;

    /** Floats of transformed input and output where all tiles are one chunk: 16 MiB. */
    private static final int PART = 1 << 22;

    /** Tiles that an item transforms where each step is a job of its own. */
    private static final int PIECE = 16;

    /** Identifies transformed weights among what is derived from a weight. */
    private record Key(boolean gradient, int lanes) {
    }

    private final Memory memory;
    private final Workers workers;
    private final int lanes;

    WinogradConvolution(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
        this.lanes = memory.block();
    }

    /** Whether this convolution has the form, and tiles that don't hang over the border so far that nothing is won. */
    boolean suits(Shape x, Shape w, Shape y, Conv2dOptions o) {
        boolean form = w.dim(2) == 3 && w.dim(3) == 3 && o.strideH() == 1 && o.strideW() == 1 && o.dilationH() == 1
                && o.dilationW() == 1 && o.groups() == 1 && o.paddingH() <= 2 && o.paddingW() <= 2;
        return form && x.dim(1) >= lanes && w.dim(0) >= lanes
                && pays(y.dim(2), y.dim(3)) && pays(x.dim(2), x.dim(3));
    }

    /** Whether the products are fewer than half of the direct convolution's. */
    private static boolean pays(int height, int width) {
        return 2 * POSITIONS * WinogradTiles.along(height) * WinogradTiles.along(width) < 9 * height * width;
    }

    /** {@code y = x ∗ w + bias}; all in channel blocks but the weight. */
    void forward(CpuArray x, CpuArray w, float[] bias, Conv2dOptions o, CpuArray y) {
        new Run(x, w, bias, o.paddingH(), o.paddingW(), y, false).run();
    }

    /** The gradient of the input. */
    void inputGradient(CpuArray gy, CpuArray w, float[] none, Conv2dOptions o, CpuArray gx) {
        new Run(gy, w, none, 2 - o.paddingH(), 2 - o.paddingW(), gx, true).run();
    }

    private PackedWeights.Layout layout(Shape w, boolean gradient) {
        return gradient ? new PackedWeights.Layout(w.dim(1), w.dim(0), 1, 9, true, lanes, lanes)
                : new PackedWeights.Layout(w.dim(0), w.dim(1), 1, 9, false, lanes, lanes);
    }

    /** Weights as {@code [36][tile of outputs][input][outputs of the tile]}. */
    private float[] transformed(CpuArray w, boolean gradient) {
        return w.storage().derive(new Key(gradient, lanes), () -> {
            PackedWeights.Layout layout = layout(w.shape(), gradient);
            int inputs = CpuArray.channelBlocks(layout.inputs(), lanes) * lanes;
            int position = inputs * layout.outputBlocks() * lanes;
            float[] from = w.data();
            float[] u = memory.pool().take(POSITIONS * position);
            int[] turned = new int[9];
            for (int i = 0; i < 9; i++) {
                turned[i] = gradient ? 8 - i : i;
            }
            FilterPlaces places = new FilterPlaces(turned, turned);
            workers.run(layout.tiles(), tile -> {
                int width = layout.vectors(tile) * lanes;
                float[] packed = memory.pool().take(9 * inputs * width);
                float[] scratch = memory.pool().take(WinogradTransforms.SCRATCH);
                PackedWeights.pack(layout, places, tile, from, packed, 0);
                int to = tile * 2 * lanes * inputs;
                for (int c = 0; c < inputs; c++) {
                    int at = (c / lanes * 9 * lanes + c % lanes) * width;
                    for (int v = 0; v < width; v += lanes) {
                        WinogradTransforms.filter(packed, at + v, lanes * width, scratch, u, to + c * width + v, position);
                    }
                }
                memory.pool().give(packed);
                memory.pool().give(scratch);
            });
            return u;
        });
    }

    /** One convolution, with its extents. */
    private final class Run {
        final float[] x;
        final float[] u;
        final float[] bias;
        final float[] y;
        final PackedWeights.Layout layout;
        final WinogradTiles tiles;
        final int inBlocks;
        final int outBlocks;

        Run(CpuArray source, CpuArray weight, float[] bias, int padH, int padW, CpuArray target, boolean gradient) {
            x = source.data();
            u = transformed(weight, gradient);
            this.bias = bias;
            y = target.data();
            layout = layout(weight.shape(), gradient);
            Shape in = source.shape();
            Shape out = target.shape();
            tiles = new WinogradTiles(memory, lanes, in.dim(0), in.dim(2), in.dim(3), out.dim(2), out.dim(3), padH, padW);
            inBlocks = source.channelBlocks();
            outBlocks = target.channelBlocks();
        }

        void run() {
            int perTile = POSITIONS * (inBlocks + outBlocks) * lanes;
            int total = tiles.count();
            int size = Math.max(14, Math.min(CHUNK / perTile, total) / 14 * 14);
            int chunks = (total + size - 1) / size;
            boolean weightsFit = POSITIONS * inBlocks * outBlocks * lanes * lanes <= WEIGHTS;
            if (chunks >= CHUNKS && weightsFit) {
                workers.run(chunks, chunk -> {
                    int first = chunk * size;
                    Part part = new Part(first, Math.min(size, total - first));
                    for (int block = 0; block < inBlocks; block++) {
                        part.transformInput(block, 0, part.count);
                    }
                    for (int p = 0; p < POSITIONS; p++) {
                        for (int tile = 0; tile < layout.tiles(); tile++) {
                            part.multiply(p, tile);
                        }
                    }
                    for (int block = 0; block < outBlocks; block++) {
                        part.transformOutput(block, 0, part.count);
                    }
                    part.close();
                });
                return;
            }
            // Very large inputs are cut all the same, to bound the memory.
            int together = Math.max(14, Math.min(total, PART / perTile));
            for (int first = 0; first < total; first += together) {
                Part part = new Part(first, Math.min(together, total - first));
                int pieces = (part.count + PIECE - 1) / PIECE;
                workers.run(inBlocks * pieces, i -> part.transformInput(i / pieces, i % pieces * PIECE,
                        Math.min(part.count, (i % pieces + 1) * PIECE)));
                workers.run(POSITIONS * layout.tiles(), i -> part.multiply(i / layout.tiles(), i % layout.tiles()));
                workers.run(outBlocks * pieces, i -> part.transformOutput(i / pieces, i % pieces * PIECE,
                        Math.min(part.count, (i % pieces + 1) * PIECE)));
                part.close();
            }
        }

        /** Some tiles, before and after the products. */
        private final class Part {
            final int first;
            final int count;
            final float[] v;
            final float[] m;
            final int[] taps;

            Part(int first, int count) {
                this.first = first;
                this.count = count;
                v = memory.pool().take(POSITIONS * inBlocks * count * lanes);
                m = memory.pool().take(POSITIONS * outBlocks * count * lanes);
                taps = new int[inBlocks];
                for (int i = 0; i < inBlocks; i++) {
                    taps[i] = i * count * lanes;
                }
            }

            void close() {
                memory.pool().give(v);
                memory.pool().give(m);
            }

            void transformInput(int block, int from, int to) {
                tiles.input(x, inBlocks, block, first, count, from, to, v);
            }

            void multiply(int p, int tile) {
                int inputs = inBlocks * lanes;
                int vectors = layout.vectors(tile);
                int weights = (p * outBlocks + 2 * tile) * lanes * inputs;
                PixelRow.run(count, PixelRow.tile(count, vectors), vectors, v, p * inBlocks * count * lanes, lanes, taps,
                        Integer.numberOfTrailingZeros(lanes), inputs, u, weights, null, 0,
                        m, (p * outBlocks + 2 * tile) * count * lanes, lanes, count * lanes);
            }

            void transformOutput(int block, int from, int to) {
                tiles.output(m, outBlocks, block, first, count, from, to, bias, y);
            }
        }
    }
}
