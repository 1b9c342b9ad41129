package thaw.kernels.cpu;

import java.util.Arrays;
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

    /** Outputs of a tile along one dimension. */
    private static final int OUT = 4;
    private static final int POSITIONS = 36;

    /** Floats of a chunk's transformed input and output together: 1 MiB, a core's second-level cache. */
    private static final int CHUNK = 1 << 18;

    /** Chunks that a convolution must have to be cut by them. */
    private static final int CHUNKS = 8;

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
        return 2 * POSITIONS * tiles(height) * tiles(width) < 9 * height * width;
    }

    private static int tiles(int extent) {
        return (extent + OUT - 1) / OUT;
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
        final int padH;
        final int padW;
        final int h;
        final int w;
        final int outH;
        final int outW;
        final int inBlocks;
        final int outBlocks;
        final int tilesH;
        final int tilesW;
        final int tiles;

        Run(CpuArray source, CpuArray weight, float[] bias, int padH, int padW, CpuArray target, boolean gradient) {
            x = source.data();
            u = transformed(weight, gradient);
            this.bias = bias;
            y = target.data();
            layout = layout(weight.shape(), gradient);
            this.padH = padH;
            this.padW = padW;
            h = source.shape().dim(2);
            w = source.shape().dim(3);
            outH = target.shape().dim(2);
            outW = target.shape().dim(3);
            inBlocks = source.channelBlocks();
            outBlocks = target.channelBlocks();
            tilesH = WinogradConvolution.tiles(outH);
            tilesW = WinogradConvolution.tiles(outW);
            tiles = source.shape().dim(0) * tilesH * tilesW;
        }

        void run() {
            int perTile = POSITIONS * (inBlocks + outBlocks) * lanes;
            int size = Math.max(14, Math.min(CHUNK / perTile, tiles) / 14 * 14);
            int chunks = (tiles + size - 1) / size;
            boolean weightsFit = POSITIONS * inBlocks * outBlocks * lanes * lanes <= 8 * CHUNK;
            if (chunks >= CHUNKS && weightsFit) {
                workers.run(chunks, chunk -> {
                    int first = chunk * size;
                    Part part = new Part(first, Math.min(size, tiles - first));
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
            // Few tiles at a time for each step's items; a part's memory is bounded by cutting very large inputs.
            int together = Math.max(14, Math.min(tiles, 16 * CHUNK / perTile));
            for (int first = 0; first < tiles; first += together) {
                Part part = new Part(first, Math.min(together, tiles - first));
                int piece = 16;
                int pieces = (part.count + piece - 1) / piece;
                workers.run(inBlocks * pieces, i -> part.transformInput(i / pieces, i % pieces * piece,
                        Math.min(part.count, (i % pieces + 1) * piece)));
                workers.run(POSITIONS * layout.tiles(), i -> part.multiply(i / layout.tiles(), i % layout.tiles()));
                workers.run(outBlocks * pieces, i -> part.transformOutput(i / pieces, i % pieces * piece,
                        Math.min(part.count, (i % pieces + 1) * piece)));
                part.close();
            }
        }

        /** Some tiles, as {@code [36][block][tile][lane]} before and after the products. */
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
                float[] scratch = memory.pool().take(WinogradTransforms.SCRATCH);
                float[] border = memory.pool().take(WinogradTransforms.SCRATCH);
                int position = inBlocks * count * lanes;
                for (int t = from; t < to; t++) {
                    int n = (first + t) / (tilesH * tilesW);
                    int top = (first + t) / tilesW % tilesH * OUT - padH;
                    int left = (first + t) % tilesW * OUT - padW;
                    int plane = (n * inBlocks + block) * h * w * lanes;
                    int target = (block * count + t) * lanes;
                    if (top >= 0 && left >= 0 && top + 6 <= h && left + 6 <= w) {
                        WinogradTransforms.input(x, plane + (top * w + left) * lanes, w * lanes, scratch, v, target, position);
                    } else {
                        Arrays.fill(border, 0, POSITIONS * lanes, 0);
                        int low = Math.max(0, left);
                        int high = Math.min(w, left + 6);
                        for (int i = Math.max(0, top); i < Math.min(h, top + 6) && low < high; i++) {
                            System.arraycopy(x, plane + (i * w + low) * lanes, border, ((i - top) * 6 + low - left) * lanes,
                                    (high - low) * lanes);
                        }
                        WinogradTransforms.input(border, 0, 6 * lanes, scratch, v, target, position);
                    }
                }
                memory.pool().give(scratch);
                memory.pool().give(border);
            }

            void multiply(int p, int tile) {
                int inputs = inBlocks * lanes;
                int vectors = layout.vectors(tile);
                int weights = (p * outBlocks + 2 * tile) * lanes * inputs;
                PixelRow.run(count, PixelRow.tile(count, vectors), vectors, v, p * inBlocks * count * lanes, lanes, taps,
                        Integer.numberOfTrailingZeros(lanes), inputs, u, weights, ZERO, 0,
                        m, (p * outBlocks + 2 * tile) * count * lanes, lanes, count * lanes);
            }

            void transformOutput(int block, int from, int to) {
                float[] scratch = memory.pool().take(WinogradTransforms.SCRATCH);
                float[] border = memory.pool().take(WinogradTransforms.SCRATCH);
                int position = outBlocks * count * lanes;
                for (int t = from; t < to; t++) {
                    int n = (first + t) / (tilesH * tilesW);
                    int top = (first + t) / tilesW % tilesH * OUT;
                    int left = (first + t) % tilesW * OUT;
                    int plane = (n * outBlocks + block) * outH * outW * lanes;
                    int source = (block * count + t) * lanes;
                    if (top + OUT <= outH && left + OUT <= outW) {
                        WinogradTransforms.output(m, source, position, scratch, bias, block * lanes,
                                y, plane + (top * outW + left) * lanes, outW * lanes);
                    } else {
                        WinogradTransforms.output(m, source, position, scratch, bias, block * lanes, border, 0, OUT * lanes);
                        int columns = Math.min(OUT, outW - left);
                        for (int i = 0; i < Math.min(OUT, outH - top); i++) {
                            System.arraycopy(border, i * OUT * lanes, y, plane + ((top + i) * outW + left) * lanes,
                                    columns * lanes);
                        }
                    }
                }
                memory.pool().give(scratch);
                memory.pool().give(border);
            }
        }
    }

    /** The products have no bias of their own. */
    private static final float[] ZERO = new float[128];
}
