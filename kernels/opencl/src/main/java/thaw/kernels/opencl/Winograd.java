package thaw.kernels.opencl;

import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * 3×3 convolutions of stride 1 and their gradients by Winograd's F(4×4, 3×3) and F(3×3, 4×4); see {@code winograd.cl}.
 *
 * <p>The transformed weight is kept with the weight when a state of it is used for the second time, as in inference; in
 * training, which uses each state once, it is in pooled memory for the duration of the call. The transformed images of a training
 * step are kept with them for the gradient of the weight, while there is memory.
 */
final class Winograd {

    private static final String FILE = "winograd.cl";
    private static final int TILE = 4;
    private static final int PAIRS = 36;

    /**
     * Floats of transformed images per pass: on a CPU an amount that fits into its third-level cache, on a graphics card
     * an amount that loads all of it and is small compared with its memory.
     */
    private static final int PASS_OF_PROCESSOR = 1 << 21;
    private static final int PASS = 1 << 26;

    /** The least number of tiles; with fewer, transforming the weights costs more than the products save. */
    private static final int LEAST_TILES = 32;

    /** Work-items per group of the transforms, which need many registers each. */
    private static final int GROUP = 64;

    /** The key of transformed weights, among the data derived from a weight. */
    private record Key(boolean turned) {
    }

    /** The key of the transformed tiles of images, all in one pass, among the data kept with them. */
    private record Tiles(Shape x, int rows, int columns, int paddingH, int paddingW) {
    }

    private final Memory memory;
    private final Programs programs;
    private final Gemm gemm;
    private final int pass;

    Winograd(Memory memory, Programs programs, Gemm gemm, OpenClDevice device) {
        this.memory = memory;
        this.programs = programs;
        this.gemm = gemm;
        programs.isOfTraining(FILE, Map.of());
        this.pass = device.type() == OpenClDevice.Type.CPU ? PASS_OF_PROCESSOR : PASS;
    }

    /** Whether this convolution has the right form, enough channels, and images that are not mostly border. */
    boolean suits(Shape x, Shape w, Shape y, Conv2dOptions o) {
        return w.dim(2) == 3 && w.dim(3) == 3 && o.equals(new Conv2dOptions(1, 1, o.paddingH(), o.paddingW(), 1, 1, 1))
                && o.paddingH() <= 2 && o.paddingW() <= 2
                && Math.min(w.dim(0), w.dim(1)) >= gemm.tuning().winogradChannels() && pays(y) && pays(x)
                && x.dim(0) * along(y.dim(2)) * along(y.dim(3)) >= LEAST_TILES;
    }

    /** Whether the tiles take at most half of the direct convolution's multiplications. */
    private static boolean pays(Shape image) {
        long products = (long) PAIRS * along(image.dim(2)) * along(image.dim(3));
        return 2 * products <= 9L * image.dim(2) * image.dim(3);
    }

    /** Tiles along an image's line of this many outputs. */
    private static int along(int outputs) {
        return (outputs + TILE - 1) / TILE;
    }

    /** Lets other threads compile the products and transforms. */
    void prepareForward(Shape x, Shape y) {
        programs.prepare(FILE, Map.of());
        gemm.prepare(GemmProblem.several(PAIRS, y.dim(1), x.dim(0) * along(y.dim(2)) * along(y.dim(3)), x.dim(1)),
                Gemm.Store.PLAIN);
    }

    /** Lets other threads compile the products of both gradients. */
    void prepareGradients(Shape x, Shape y) {
        gemm.prepare(GemmProblem.several(PAIRS, x.dim(1), x.dim(0) * along(x.dim(2)) * along(x.dim(3)), y.dim(1)),
                Gemm.Store.PLAIN);
        gemm.prepare(GemmProblem.severalAlongDepth(PAIRS, y.dim(1), x.dim(1), x.dim(0) * along(y.dim(2)) * along(y.dim(3))),
                Gemm.Store.PLAIN);
    }

    /** {@code y = store(x ∗ w)}. */
    void forward(OpenClArray x, OpenClArray w, OpenClArray y, Conv2dOptions o, Gemm.Store store) {
        run("conv2d", x, w, y, o.paddingH(), o.paddingW(), false, store);
    }

    void inputGradient(OpenClArray gy, OpenClArray w, OpenClArray gx, Conv2dOptions o, Gemm.Store store) {
        run("conv2d_input_gradient", gy, w, gx, 2 - o.paddingH(), 2 - o.paddingW(), true, store);
    }

    /** {@code gw[k, c, r, s] = Σ gy[n, k, i, j] · x[n, c, i + r − padding, j + s − padding]}. */
    void weightGradient(OpenClArray gy, OpenClArray x, OpenClArray gw, Conv2dOptions o) {
        int channels = x.dim(1);
        int outputs = gy.dim(1);
        int rows = along(gy.dim(2));
        int columns = along(gy.dim(3));
        int images = images(x, channels + outputs, rows * columns);
        try (Workspace work = memory.workspace()) {
            int most = images * rows * columns;
            Optional<OpenClArray> kept = x.storage().take(new Tiles(x.shape(), rows, columns, o.paddingH(), o.paddingW()));
            OpenClArray v = work.temporary(kept.orElseGet(() -> memory.array(Shape.of(PAIRS, channels, most))));
            OpenClArray g = work.temporary(Shape.of(PAIRS, outputs, most));
            for (int first = 0; first < x.dim(0); first += images) {
                int tiles = Math.min(images, x.dim(0) - first) * rows * columns;
                int[] ints = {channels, x.dim(2), x.dim(3), outputs, gy.dim(2), gy.dim(3), o.paddingH(), o.paddingW(), first,
                    rows, columns, tiles};
                if (kept.isEmpty()) {
                    transform("winograd_input", x, v, ints, channels, tiles);
                }
                transform("winograd_gradient", gy, g, ints, outputs, tiles);
                GemmProblem products = GemmProblem.severalAlongDepth(PAIRS, outputs, channels, tiles);
                OpenClArray m = gemm.parts(work, "conv2d_weight_gradient_winograd", products, g, v);
                int filters = outputs * channels;
                boolean isFirst = first == 0;
                over(programs.kernel(FILE, "winograd_weight_gradient"), filters, 1,
                        launch -> launch.array(m).array(gw).ints(filters).ints(m.shape().dim(0) / PAIRS).ints(isFirst ? 1 : 0)
                                .work(60.0 * filters + m.size(), 4.0 * (m.size() + gw.size())));
            }
        }
    }

    /** Images per pass. */
    private int images(OpenClArray x, int channels, int tilesOfAnImage) {
        return (int) Math.max(1, Math.min(x.dim(0), pass / ((long) PAIRS * channels * tilesOfAnImage)));
    }

    /** Transforms the tiles of images to the points. */
    private void transform(String kernel, OpenClArray images, OpenClArray points, int[] pass, int channels, int tiles) {
        over(programs.kernel(FILE, kernel), tiles, channels, launch -> launch.array(images).array(points).ints(pass)
                .work(144.0 * channels * tiles, 4.0 * channels * tiles * (TILE * TILE + PAIRS)));
    }

    private void run(String name, OpenClArray x, OpenClArray w, OpenClArray y, int paddingH, int paddingW, boolean turned,
            Gemm.Store store) {
        int channels = x.dim(1);
        int outputs = y.dim(1);
        int rows = along(y.dim(2));
        int columns = along(y.dim(3));
        int images = images(x, channels + outputs, rows * columns);
        try (Workspace work = memory.workspace()) {
            OpenClArray u = weights(work, w, turned);
            int most = images * rows * columns;
            boolean keeps = store.statistics() && images == x.dim(0) && memory.isPlentiful();
            OpenClArray v = work.temporary(Shape.of(PAIRS, channels, most));
            OpenClArray m = work.temporary(Shape.of(PAIRS, outputs, most));
            for (int first = 0; first < x.dim(0); first += images) {
                int tiles = Math.min(images, x.dim(0) - first) * rows * columns;
                int[] ints = {channels, x.dim(2), x.dim(3), outputs, y.dim(2), y.dim(3), paddingH, paddingW, first, rows, columns,
                    tiles};
                transform("winograd_input", x, v, ints, channels, tiles);
                gemm.run(name + "_winograd", GemmProblem.several(PAIRS, outputs, tiles, channels), u, v, m, Gemm.Store.PLAIN);
                double bytes = 4.0 * outputs * tiles * (TILE * TILE * (store.residual() == null ? 1 : 2) + PAIRS)
                        + store.maskBytes();
                if (store.statistics() && images == x.dim(0)) {
                    CompiledKernel kernel = programs.kernel(FILE, "winograd_output_statistics");
                    int group = group(kernel, tiles);
                    OpenClArray parts = memory.array(Shape.of(3, outputs, (tiles + group - 1) / group));
                    y.storage().keep(new BatchNorm.Statistics(y.shape()), parts);
                    over(kernel, tiles, outputs, launch -> launch.array(m).array(y).ints(ints).array(parts).local(group)
                            .work(150.0 * outputs * tiles, bytes + 4.0 * parts.size()));
                } else {
                    over(programs.kernel(FILE, "winograd_output"), tiles, outputs,
                            launch -> launch.array(m).array(store.scale()).array(store.shift()).array(store.residual())
                                    .array(store.mask()).ints(store.maskShift()).ints(store.relu() ? 1 : 0).array(y).ints(ints)
                                    .work(100.0 * outputs * tiles, bytes));
                }
            }
            if (keeps) {
                v.retain();
                x.storage().keep(new Tiles(x.shape(), rows, columns, paddingH, paddingW), v);
            }
        }
    }

    /** The weights as {@code [pair, channel, output]}; turned: for the gradient, from outputs to channels. */
    private OpenClArray weights(Workspace work, OpenClArray w, boolean turned) {
        Key key = new Key(turned);
        return w.storage().isReused(key) ? w.storage().derive(key, key, () -> transformed(w, turned))
                : work.temporary(transformed(w, turned));
    }

    private OpenClArray transformed(OpenClArray w, boolean turned) {
        int outputs = w.dim(turned ? 1 : 0);
        int channels = w.dim(turned ? 0 : 1);
        int filter = w.dim(2) * w.dim(3);
        int ofOutput = w.dim(1) * filter;
        return memory.result(Shape.of(PAIRS, channels, outputs), u -> over(programs.kernel(FILE, "winograd_weights"), outputs,
                channels, launch -> launch.array(w).array(u).ints(outputs).ints(channels).ints(turned ? filter : ofOutput)
                        .ints(turned ? ofOutput : filter).ints(turned ? 1 : 0)
                        .work(60.0 * outputs * channels, 4.0 * (w.size() + u.size()))));
    }

    private static int group(CompiledKernel kernel, int items) {
        return kernel.groupSize(Math.min(GROUP, Integer.highestOneBit(items)));
    }

    private void over(CompiledKernel kernel, int items, int channels, Consumer<Launch> arguments) {
        int group = group(kernel, items);
        Launch launch = programs.launch(kernel);
        arguments.accept(launch);
        launch.run(new long[] {(items + group - 1L) / group * group, channels}, new long[] {group, 1});
    }
}
