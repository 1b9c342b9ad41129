package thaw.kernels.opencl;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import thaw.kernels.Shape;

/**
 * Runs products of matrices, each divided into tiles according to the device's {@link Tuning}; see {@code gemm.cl} and
 * {@code gemm_solo.cl}.
 */
final class Gemm {

    /**
     * The most products in one running sum. Longer sums are split, even if that is not needed to load the device, to limit
     * the accumulation of rounding errors.
     */
    private static final int LONGEST_SUM = 8192;

    /** The least number of products per part of a split sum. */
    private static final int SHORTEST_PART = 256;

    /**
     * The model by which the number of parts is chosen, in clock cycles of a compute unit: multiply-adds that it reaches in
     * one; what a work-group takes beside them, in steps of the depth; bytes of parts that it moves in one; and the launch
     * of the sum of the parts.
     */
    private static final double SUMS_OF_A_CYCLE = 80;
    private static final int STEPS_OF_A_GROUP = 32;
    private static final double BYTES_OF_A_CYCLE = 12;
    private static final double CYCLES_OF_A_LAUNCH = 5000;

    /** Work-items that hide a compute unit's latencies, and the share of its speed that is lost with half of them. */
    private static final double ITEMS_OF_A_UNIT = 512;
    private static final double LOST_WITH_HALF = 0.4;

    /** Work-items that share an element of the sum of the parts: on a CPU, where barriers are expensive, one. */
    private static final int LANES = 8;

    /**
     * The compile-time parameters of a kernel.
     *
     * @param leftVector see {@link GemmProblem#leftVector}
     */
    private record Variant(ProductShape shape, boolean padded, boolean alongDepth, boolean leftAlongRows, int leftVector,
            int rightVector, int resultVector) {
        static Variant of(GemmProblem p) {
            return new Variant(ProductShape.of(p), p.isPadded(), p.alongDepth(), p.isLeftAlongRows(), p.leftVector(),
                    p.rightVector(), p.resultVector());
        }
    }

    /** A kernel, and the tile that it was built for. */
    private record Build(CompiledKernel kernel, GemmTile tile) {
    }

    /** How a product is computed: {@code splits} work-groups share a tile, each a {@code chunk} of the depth. */
    private record Plan(Build build, int chunk, int splits) {
    }

    /** The epilogue of a product; each array may be null. */
    record Store(OpenClArray scale, OpenClArray shift, OpenClArray residual, boolean relu) {
        static final Store PLAIN = new Store(null, null, null, false);
    }

    private final Memory memory;
    private final Programs programs;
    private final OpenClDevice device;
    private volatile Tuning tuning;
    private final Map<Variant, Build> builds = new ConcurrentHashMap<>();
    private final Map<GemmProblem, Plan> plans = new ConcurrentHashMap<>();

    Gemm(Memory memory, Programs programs, OpenClDevice device, Tuning tuning) {
        this.memory = memory;
        this.programs = programs;
        this.device = device;
        this.tuning = tuning;
    }

    Tuning tuning() {
        return tuning;
    }

    /** Computes with another tuning from now on; no product may be under way. */
    void retune(Tuning other) {
        tuning = other;
        builds.clear();
        plans.clear();
    }

    /** Whether all products of this kind so far used this tile; false if the device has refused it for one of them. */
    boolean takes(ProductShape kind, GemmTile tile) {
        return builds.entrySet().stream().filter(build -> build.getKey().shape == kind)
                .allMatch(build -> build.getValue().tile.equals(tile));
    }

    private Plan plan(GemmProblem p) {
        Plan known = plans.get(p);
        if (known != null) {
            return known;
        }
        Build build = builds.computeIfAbsent(Variant.of(p), this::build);
        int chunk = chunk(p, build.tile);
        Plan plan = new Plan(build, chunk, Math.max(1, (p.depth() + chunk - 1) / chunk));
        plans.put(p, plan);
        return plan;
    }

    /**
     * Enqueues a product.
     *
     * @param name its name in the profile
     */
    void run(String name, GemmProblem p, OpenClArray a, OpenClArray b, OpenClArray c, Store store) {
        Plan plan = plan(p);
        if (plan.splits == 1 || p.count() > 1) {
            launch(name, p, new Plan(plan.build, p.depth(), 1), a, b, c, store);
            return;
        }
        try (Workspace work = memory.workspace()) {
            OpenClArray parts = parts(work, name, p, a, b);
            int lanes = plan.build.tile.solo() ? 1 : LANES;
            CompiledKernel sum = programs.kernel("gemm_sum.cl", "gemm_sum", Map.of("LANES", lanes));
            int group = sum.groupSize(Launch.GROUP);
            int elements = group / lanes;
            programs.launch(sum).array(parts).array(c).array(store.scale).array(store.shift).array(store.residual)
                    .ints(p.ints(plan.splits, plan.chunk, store.relu)).local(group)
                    .work(parts.size(), 4.0 * (parts.size() + (double) p.rows() * p.columns()))
                    .groups(((long) p.rows() * p.columns() + elements - 1) / elements, group);
        }
    }

    /** The number of parts into which {@link #parts} splits the depth of each product. */
    int splits(GemmProblem p) {
        return plan(p).splits;
    }

    /** Enqueues products; the caller adds the parts of each: {@code [count, splits, rows, columns]}. */
    OpenClArray parts(Workspace work, String name, GemmProblem p, OpenClArray a, OpenClArray b) {
        Plan plan = plan(p);
        OpenClArray parts = work.temporary(Shape.of(p.count() * plan.splits, p.rows(), p.columns()));
        launch(name, p, plan, a, b, parts, Store.PLAIN);
        return parts;
    }

    private void launch(String name, GemmProblem p, Plan plan, OpenClArray a, OpenClArray b, OpenClArray c, Store store) {
        GemmTile tile = plan.build.tile;
        long[] global = {tiles(p, tile) * tile.items(), (long) p.count() * plan.splits};
        long[] local = {tile.items(), 1};
        double bytes = 4.0 * p.count() * ((double) p.rows() * p.columns() * plan.splits + p.b().size()
                + (double) p.rows() * p.depth());
        programs.launch(plan.build.kernel.named(name)).array(a).array(b).array(c).array(store.scale).array(store.shift)
                .array(store.residual).ints(p.ints(plan.splits, plan.chunk, store.relu)).work(p.flops(), bytes)
                .run(global, local);
    }

    private static long tiles(GemmProblem p, GemmTile tile) {
        return (long) ((p.rows() + tile.rows() - 1) / tile.rows()) * ((p.columns() + tile.columns() - 1) / tile.columns());
    }

    /** The length of the part of a sum that one work-group computes: the one that takes the least time by the model. */
    private int chunk(GemmProblem p, GemmTile tile) {
        int least = Math.max(1, (p.depth() + LONGEST_SUM - 1) / LONGEST_SUM);
        int most = Math.max(least, p.depth() / SHORTEST_PART);
        int best = 0;
        double bestCycles = Double.POSITIVE_INFINITY;
        for (int splits = least; splits <= most; splits++) {
            int chunk = ((p.depth() + splits - 1) / splits + tile.kTile() - 1) / tile.kTile() * tile.kTile();
            double cycles = cycles(p, tile, chunk);
            if (cycles < bestCycles) {
                bestCycles = cycles;
                best = chunk;
            }
        }
        return Math.max(1, best);
    }

    private double cycles(GemmProblem p, GemmTile tile, int chunk) {
        long splits = (p.depth() + chunk - 1) / Math.max(1, chunk);
        long groups = tiles(p, tile) * p.count() * splits;
        long ofUnit = (groups + device.computeUnits() - 1) / device.computeUnits();
        double hidden = tile.solo() ? 1 : Math.min(1, ofUnit * tile.items() / ITEMS_OF_A_UNIT);
        double product = ofUnit * (double) (chunk + STEPS_OF_A_GROUP) * tile.rows() * tile.columns() / SUMS_OF_A_CYCLE
                * (1 + LOST_WITH_HALF * (1 / hidden - 1));
        double partBytes = 8.0 * splits * p.count() * p.rows() * p.columns();
        return splits == 1 ? product
                : product + CYCLES_OF_A_LAUNCH + partBytes / BYTES_OF_A_CYCLE / device.computeUnits();
    }

    /** The first of the candidates that the device accepts. */
    private Build build(Variant v) {
        OpenClException refused = null;
        for (GemmTile tile : tuning.candidates(v.shape)) {
            if (tile.fits(device)) {
                try {
                    CompiledKernel kernel = kernel(tile, v);
                    if (tile.items() <= kernel.largestGroup()) {
                        return new Build(kernel, tile);
                    }
                } catch (OpenClException failure) {
                    refused = failure;
                }
            }
        }
        throw refused != null ? refused
                : new OpenClException("OpenCL: " + device + " can run no tile of a matrix product");
    }

    private CompiledKernel kernel(GemmTile tile, Variant v) {
        Map<String, Object> parameters = new TreeMap<>(tile.parameters());
        parameters.put("PADDED", v.padded ? 1 : 0);
        if (!tile.solo()) {
            parameters.put("DEEP", v.alongDepth ? 1 : 0);
            parameters.put("A_ROWS", v.leftAlongRows ? 1 : 0);
            parameters.put("A_LOAD", tile.load(v.leftVector));
            parameters.put("B_LOAD", tile.load(v.rightVector));
            parameters.put("C_STORE", tile.load(v.resultVector));
        }
        return programs.kernel(tile.file(), "gemm", parameters);
    }
}
