package thaw.kernels.cpu.winograd;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.BufferPool;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;
import thaw.kernels.cpu.parallel.Workers;

/**
 * 3×3 convolutions by Winograd's F(4×4, 3×3), which turns a convolution into 36 products of small matrices,
 * {@code tiles × inputs} by {@code inputs × outputs}, between two transforms. See {@link WinogradPoints}, and for the 81 products of a stride of 2
 * {@link WinogradPhases}.
 *
 * <p>The gradient of the input is such a convolution too: of the output's gradient, with the filters rotated by 180°,
 * input and output channels exchanged, and a padding of {@code 2 − padding} (stride 1 only).
 * <pre>
 *   many tiles:  an item takes a chunk of tiles through     few tiles:  first all tiles are transformed, then an item takes
 *                all three steps, panel by panel                        a panel of weights and a chunk of tiles through the rest
 *
 *                x → v ─┬─ · u(panel 0) → m → y                         x → v (all tiles, in the third-level cache)
 *                       ├─ · u(panel 1) → m → y                         v(chunk) · u(panel) → m → y
 *                       └─ …
 * </pre>
 * With this order {@code m}, and {@code v} or {@code u}, stay in a core's own cache. Transformed weights are kept when a
 * state of the weight is used for the second time, as in inference, if the heap has room for them; in training, which uses
 * each state once, they are in a pooled buffer for the duration of the call.
 *
 * <p>GFLOP/s, counted as for a direct convolution, on one core whose FMA peak is 116, batch 16 (batch 1), JDK 17 and 25:
 * <pre>
 *   channels                64         128        256        512   64→128     128→256    256→512
 *   output, stride          56²        28²        14²        7²    28², 2     14², 2     7², 2
 *   weights kept            305 (328)  346 (350)  283 (310)  341   125        138        155
 *   weights transformed     304 (315)  346 (275)  250 (160)  250   124        136        137
 * </pre>
 * and in training with 128 small images, whose layers' input and output do not fit into the caches: 16 channels at 32² 138, 32 at
 * 16² 207, 64 at 8² 250. With 16 channels the products take half of the time: each number of the transformed input is multiplied
 * with only one vector of weights, see {@link BlockLoops}.
 */
public final class WinogradConvolution {

    /** Floats of a chunk's transformed input: 256 KiB, a quarter of a core's second-level cache. */
    private static final int CHUNK = 1 << 16;

    /** The least number of chunks for which a convolution is split into chunks. */
    private static final int CHUNKS = 8;

    /** Floats of transformed weights that each chunk may read again: 8 MiB, a part of the third-level cache. */
    private static final int WEIGHTS = 1 << 21;

    /** Floats of transformed input if all tiles are transformed first: 16 MiB. */
    private static final int PART = 1 << 22;

    /** Tiles that are multiplied at a time: the micro-kernel's widest tile, or twice as many by scalar code, in fours. */
    private static final int STEP = 14;
    private static final int SCALAR_STEP = 28;
    private static final int SCALAR_UNIT = 4;

    /** The least number of items per job, so that threads are evenly loaded. */
    private static final int ITEMS = 16;

    /** The most tiles in a group if all tiles are transformed first. */
    private static final int GROUP = 112;

    /** The number of tiles from which on the micro-kernel's widest tile is the best; a multiple of all its widths. */
    private static final int MANY = 84;

    /** Tiles that an item transforms if all tiles are transformed first. */
    private static final int PIECE = 16;

    /**
     * Up to this many threads and tiles, each thread transforms all tiles for itself, which takes less time than reading
     * another thread's transformed tiles from its core's cache. ResNet-18 takes 12.3 ms for an image on two cores that
     * share no cache, instead of 14.0, and 10.3 instead of 10.4 on cores that do.
     */
    private static final int OWN_THREADS = 2;
    private static final int OWN_TILES = 64;

    /**
     * Up to this many tiles are one step: they take two narrower tiles of the micro-kernel, and weights are read from
     * memory once.
     */
    private static final int ONE_STEP = 16;

    /** The form of a convolution; also the key of its transformed weights, among the data derived from a weight. */
    private record Form(boolean gradient, int stride) {
    }

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops current;
    private final int lanes;
    /** Tiles in a step; groups of tiles are multiples of a unit. */
    private final int step;
    private final int unit;
    private final WinogradChoice choice;

    public WinogradConvolution(Memory memory, Workers workers, BlockLoops current) {
        this.memory = memory;
        this.workers = workers;
        this.current = current;
        this.lanes = memory.block();
        this.step = current.hasVectors() ? STEP : SCALAR_STEP;
        this.unit = current.hasVectors() ? STEP : SCALAR_UNIT;
        this.choice = new WinogradChoice(lanes);
    }

    public WinogradChoice choice() {
        return choice;
    }

    /**
     * {@code y = epilogue(x ∗ w)}; all arrays but the weight in channel blocks.
     *
     * @param epilogue null for none
     */
    public void forward(CpuArray x, CpuArray w, BlockedEpilogue epilogue, Conv2dOptions o, CpuArray y) {
        new Run(x, w, epilogue, o.paddingH(), o.paddingW(), y, new Form(false, o.strideH())).run();
    }

    /** The gradient of the input. */
    public void inputGradient(CpuArray gy, CpuArray w, Conv2dOptions o, CpuArray gx) {
        new Run(gy, w, null, 2 - o.paddingH(), 2 - o.paddingW(), gx, new Form(true, 1)).run();
    }

    /** One convolution, with its extents. */
    private final class Run {
        final TileTransforms transforms = TileTransforms.of(current);
        final float[] x;
        final CpuArray weight;
        final BlockedEpilogue epilogue;
        final float[] y;
        final Form form;
        final WinogradWeights weights;
        final WinogradTiles tiles;
        final int pairs;
        final int inBlocks;
        final int outBlocks;

        Run(CpuArray source, CpuArray weight, BlockedEpilogue epilogue, int padH, int padW, CpuArray target, Form form) {
            x = source.data();
            this.weight = weight;
            this.epilogue = epilogue;
            this.form = form;
            y = target.data();
            weights = WinogradWeights.of(memory, transforms, current.panel(), weight.shape(), form.gradient, form.stride);
            Shape in = source.shape();
            Shape out = target.shape();
            tiles = new WinogradTiles(memory, transforms, lanes, in.dim(0), in.dim(2), in.dim(3), out.dim(2), out.dim(3),
                    padH, padW, form.stride);
            pairs = tiles.pairs();
            inBlocks = source.channelBlocks();
            outBlocks = target.channelBlocks();
        }

        void run() {
            float[] kept = weight.storage().kept(form, weights.length(), this::transformedWeights);
            if (kept != null) {
                run(kept);
            } else if (chunks() == 0 && (weights.panels() >= CHUNKS && workers.shareEvenly(weights.panels())
                    || !BufferPool.hasRoomToKeep(weights.length()))) {
                // Few tiles use each panel: the item that uses it also transforms it, while it is in a cache; or memory is scarce.
                run(null);
            } else {
                float[] u = transformedWeights();
                run(u);
                memory.pool().give(u);
            }
        }

        private float[] transformedWeights() {
            float[] u = memory.pool().takeFitting(weights.length());
            float[] w = weight.data();
            int pieces = weights.pieces();
            workers.run(weights.panels() * pieces,
                    i -> weights.transform(w, i / pieces, i % pieces, u, weights.offset(i / pieces)));
            return u;
        }

        private int chunkSize() {
            return Math.max(current.hasVectors() ? STEP : ONE_STEP,
                    Math.min(CHUNK / (pairs * inBlocks * lanes), tiles.count() / CHUNKS) / unit * unit);
        }

        /** The number of chunks into which the tiles are split; 0 for none. */
        private int chunks() {
            int chunks = (tiles.count() + chunkSize() - 1) / chunkSize();
            return chunks >= CHUNKS && weights.length() <= WEIGHTS && workers.shareEvenly(chunks) ? chunks : 0;
        }

        /** @param u the transformed weights; null if each item transforms its panel */
        private void run(float[] u) {
            int total = tiles.count();
            int chunks = chunks();
            if (chunks > 0) {
                int size = chunkSize();
                workers.run(chunks, chunk -> {
                    Part part = new Part(chunk * size, Math.min(size, total - chunk * size));
                    part.transformInput(0, inBlocks, 0, part.count);
                    for (int panel = 0; panel < weights.panels(); panel++) {
                        part.multiply(u, weights.offset(panel), panel, 0, part.count);
                    }
                    part.close();
                });
                return;
            }
            // Very large inputs are split even so, to bound the memory.
            int parts = (int) (((long) total * pairs * inBlocks * lanes + PART - 1) / PART);
            for (int i = 0; i < parts; i++) {
                int first = (int) ((long) i * total / parts);
                int count = (int) ((i + 1L) * total / parts) - first;
                if (u != null && workers.threads() <= OWN_THREADS && count <= OWN_TILES) {
                    multiplyOwn(u, first, count);
                } else {
                    transformThenMultiply(u, new Part(first, count));
                }
            }
        }

        /** Each thread transforms all tiles for itself. */
        private void multiplyOwn(float[] u, int first, int count) {
            int groups = groups(count);
            Map<Thread, Part> parts = new ConcurrentHashMap<>();
            workers.run(weights.panels() * groups, i -> {
                Part own = parts.get(Thread.currentThread());
                if (own == null) {
                    own = new Part(first, count);
                    own.transformInput(0, inBlocks, 0, count);
                    parts.put(Thread.currentThread(), own);
                }
                own.multiply(u, weights.offset(i / groups), i / groups, own.group(i % groups, groups),
                        own.group(i % groups + 1, groups));
            });
            parts.forEach((thread, own) -> memory.pool().give(own.v, thread));
        }

        private int steps(int count) {
            return count <= ONE_STEP ? 1 : (count + step - 1) / step;
        }

        /** The number of groups of tiles: small enough for the cache, and enough to load the threads evenly, if there are. */
        private int groups(int count) {
            int busy = (ITEMS + weights.panels() - 1) / weights.panels();
            int least = Math.max((count + GROUP - 1) / GROUP, Math.min(steps(count), busy));
            return IntStream.range(least, Math.min(steps(count), 2 * least) + 1)
                    .filter(groups -> workers.shareEvenly(weights.panels() * groups)).findFirst().orElse(least);
        }

        private void transformThenMultiply(float[] u, Part part) {
            int pieces = (part.count + PIECE - 1) / PIECE;
            workers.run(inBlocks * pieces, i -> part.transformInput(i / pieces, i / pieces + 1, i % pieces * PIECE,
                    Math.min(part.count, (i % pieces + 1) * PIECE)));
            int panels = weights.panels();
            int groups = groups(part.count);
            if (u != null && !workers.shareEvenly(panels * groups)) {
                part.multiplyByPairs(u);
            } else if (u != null) {
                workers.run(panels * groups, i -> part.multiply(u, weights.offset(i / groups), i / groups,
                        part.group(i % groups, groups), part.group(i % groups + 1, groups)));
            } else {
                float[] w = weight.data();
                workers.run(panels, panel -> {
                    float[] own = memory.pool().take(WinogradWeights.VALUES * weights.valueSize(panel));
                    for (int piece = 0; piece < weights.pieces(); piece++) {
                        weights.transform(w, panel, piece, own, 0);
                    }
                    for (int group = 0; group < groups; group++) {
                        part.multiply(own, 0, panel, part.group(group, groups), part.group(group + 1, groups));
                    }
                    memory.pool().give(own);
                });
            }
            part.close();
        }

        /** A range of tiles, before the products. */
        private final class Part {
            final int first;
            final int count;
            final float[] v;
            final int[] taps;

            Part(int first, int count) {
                this.first = first;
                this.count = count;
                v = memory.pool().take(pairs * inBlocks * count * lanes);
                taps = new int[inBlocks];
                for (int i = 0; i < inBlocks; i++) {
                    taps[i] = i * count * lanes;
                }
            }

            void close() {
                memory.pool().give(v);
            }

            private int stepSize(int from) {
                return steps(count) == 1 ? count : Math.min(step, count - from);
            }

            /** The first tile of a group. */
            int group(int group, int groups) {
                return group == groups ? count : group * ((count + unit - 1) / unit) / groups * unit;
            }

            void transformInput(int block, int end, int from, int to) {
                tiles.input(x, inBlocks, block, end, first, count, from, to, v);
            }

            /** Multiplies tiles {@code from … to − 1} by a panel of weights and transforms the result to output pixels. */
            void multiply(float[] u, int uo, int panel, int from, int to) {
                int vectors = weights.vectors(panel);
                int size = to - from;
                float[] m = memory.pool().take(pairs * vectors * size * lanes);
                for (int pair = 0; pair < pairs; pair++) {
                    multiply(pair, u, uo, panel, from, size, m, pair * vectors * size * lanes);
                }
                tiles.output(m, 0, vectors, first + from, size, epilogue, y, outBlocks, weights.block(panel));
                memory.pool().give(m);
            }

            /**
             * {@link #multiply} for all tiles and panels, in items of a pair, a panel and a step of tiles, for thread
             * counts that would get unequal shares of larger items.
             */
            void multiplyByPairs(float[] u) {
                float[] m = memory.pool().take(pairs * outBlocks * count * lanes);
                int panels = weights.panels();
                int steps = steps(count);
                workers.run(pairs * panels * steps, i -> {
                    int pair = i / (panels * steps);
                    int panel = i / steps % panels;
                    int from = i % steps * step;
                    int size = stepSize(from);
                    int vectors = weights.vectors(panel);
                    multiply(pair, u, weights.offset(panel), panel, from, size, m,
                            products(panel, from) + pair * vectors * size * lanes);
                });
                workers.run(panels * steps, i -> {
                    int panel = i / steps;
                    int from = i % steps * step;
                    tiles.output(m, products(panel, from), weights.vectors(panel), first + from, stepSize(from),
                            epilogue, y, outBlocks, weights.block(panel));
                });
                memory.pool().give(m);
            }

            /** The offset of the products of a panel with the tiles from this one on. */
            private int products(int panel, int from) {
                return (weights.block(panel) * count + weights.vectors(panel) * from) * pairs * lanes;
            }

            /** One pair of {@code size} tiles by a panel, for the tiles that have this pair. */
            private void multiply(int pair, float[] u, int uo, int panel, int from, int size, float[] m, int mo) {
                int begin = Math.max(from, tiles.begin(pair) - first);
                int end = Math.min(from + size, tiles.end(pair) - first);
                if (begin < end) {
                    product(pair, begin, end - begin, weights.vectors(panel), u,
                            uo + tiles.filterValue(pair) * weights.valueSize(panel), m, mo + (begin - from) * lanes, size * lanes);
                }
            }

            /** Micro-kernels of the widest tile, and a narrower one for the rest if it suffices. */
            private void product(int pair, int begin, int size, int vectors, float[] u, int uo, float[] m, int mo, int mBlock) {
                int vo = (pair * inBlocks * count + begin) * lanes;
                int shift = Integer.numberOfTrailingZeros(lanes);
                int wide = current.tile(size <= ONE_STEP ? size : MANY, vectors, lanes, shift);
                int rest = size % wide;
                int narrow = rest <= 4 ? 4 : 8;
                int most = rest > 0 && rest <= 8 && wide > 8 ? size - rest : size;
                int steps = inBlocks * lanes;
                current.pixels(most, wide, vectors, v, vo, lanes, taps, shift, steps, u, uo, null, 0, m, mo, lanes, mBlock);
                if (most < size) {
                    int skip = (size - narrow) * lanes;
                    current.pixels(narrow, current.tile(narrow, vectors, lanes, shift), vectors, v, vo + skip, lanes, taps, shift, steps,
                            u, uo, null, 0, m, mo + skip, lanes, mBlock);
                }
            }
        }
    }
}
