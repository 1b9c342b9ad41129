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

    private static final String SUM = "gemm_sum.cl";

    /** Sums that a graphics card's unit holds in registers: 64 KiB of NVIDIA's 256, beside operands and addresses. */
    private static final int SUMS_OF_A_UNIT = 1 << 14;
    /** Operations in the time in which a byte is moved; 13 on an A100, 20 on an H100, 35 on an Arc A770, 60 on an RX 7900. */
    private static final int OPERATIONS_OF_A_BYTE = 20;

    /**
     * The compile-time parameters of a kernel.
     *
     * @param leftVector see {@link GemmProblem#leftVector}
     */
    private record Variant(ProductShape shape, boolean padded, boolean alongDepth, boolean leftAlongRows, int leftVector,
            int rightVector, int resultVector, boolean statistics) {
        static Variant of(GemmProblem p, boolean statistics) {
            return new Variant(ProductShape.of(p), p.isPadded(), p.alongDepth(), p.isLeftAlongRows(), p.leftVector(),
                    p.rightVector(), p.resultVector(), statistics);
        }
    }

    /** A kernel, and the tile that it was built for. */
    private record Build(CompiledKernel kernel, GemmTile tile) {
    }

    /** How a product is computed: {@link #splits} work-groups share a tile, each a {@code chunk} of the depth. */
    private record Plan(GemmProblem problem, Build build, int chunk) {

        int splits() {
            return Math.max(1, (problem.depth() + chunk - 1) / chunk);
        }
    }

    /**
     * The epilogue of a product; each array may be null.
     *
     * @param masked     the residual's mask
     * @param statistics whether to keep the {@linkplain BatchNorm.Statistics parts of the rows' statistics} with the result, if
     *     its sums are not split
     */
    record Store(OpenClArray scale, OpenClArray shift, OpenClArray residual, MaskedGradient masked, boolean relu,
            boolean statistics) {
        static final Store PLAIN = new Store(null, null, null, null, false, false);
        static final Store STATISTICS = new Store(null, null, null, null, false, true);

        /** {@code c += …}: every element is read and written by one work-item. */
        static Store adding(OpenClArray c) {
            return new Store(null, null, c, null, false, false);
        }

        /** {@code c = masked + …} */
        static Store adding(MaskedGradient masked) {
            return new Store(null, null, masked.gradient(), masked, false, false);
        }

        OpenClArray mask() {
            return masked == null ? null : masked.mask();
        }

        double maskBytes() {
            return masked == null ? 0 : (double) Float.BYTES * masked.mask().size();
        }

        int maskShift() {
            return masked == null ? 0 : masked.shift();
        }
    }

    private final Memory memory;
    private final Programs programs;
    private final OpenClDevice device;
    private volatile Tuning tuning;
    private final Map<Variant, Build> builds = new ConcurrentHashMap<>();

    Gemm(Memory memory, Programs programs, OpenClDevice device, Tuning tuning) {
        this.memory = memory;
        this.programs = programs;
        this.device = device;
        this.tuning = tuning;
        programs.isOfTraining(SUM, Map.of());
    }

    Tuning tuning() {
        return tuning;
    }

    /** Computes with another tuning from now on; no product may be under way. */
    void retune(Tuning other) {
        tuning = other;
        builds.clear();
    }

    /** Whether all products of this kind so far used this tile; false if the device has refused it for one of them. */
    boolean takes(ProductShape kind, GemmTile tile) {
        return builds.entrySet().stream().filter(build -> build.getKey().shape == kind)
                .allMatch(build -> build.getValue().tile.equals(tile));
    }

    private Build build(GemmProblem p, Store store) {
        return builds.computeIfAbsent(Variant.of(p, store.statistics), this::build);
    }

    /**
     * Enqueues a product.
     *
     * @param name its name in the profile
     */
    void run(String name, GemmProblem p, OpenClArray a, OpenClArray b, OpenClArray c, Store store) {
        Build build = build(p, store);
        Plan plan = new Plan(p, build, p.count() > 1 ? Math.max(1, p.depth()) : chunk(p, build.tile));
        if (plan.splits() == 1) {
            launch(name, plan, a, b, c, store);
            return;
        }
        try (Workspace work = memory.workspace()) {
            OpenClArray parts = parts(work, name, plan, a, b);
            programs.launch(SUM, "gemm_sum").array(parts).array(c).array(store.scale).array(store.shift)
                    .array(store.residual).array(store.mask()).ints(p.ints(plan.splits(), plan.chunk, store))
                    .work(parts.size(),
                            4.0 * (parts.size() + (double) p.rows() * p.columns() * (store.residual == null ? 1 : 2)) + store.maskBytes())
                    .over((long) p.rows() * p.columns());
        }
    }

    /** Enqueues products whose depth may be split; the caller adds the parts of each: {@code [count·splits, rows, columns]}. */
    OpenClArray parts(Workspace work, String name, GemmProblem p, OpenClArray a, OpenClArray b) {
        Build build = build(p, Store.PLAIN);
        return parts(work, name, new Plan(p, build, chunk(p, build.tile)), a, b);
    }

    private OpenClArray parts(Workspace work, String name, Plan plan, OpenClArray a, OpenClArray b) {
        GemmProblem p = plan.problem;
        OpenClArray parts = work.temporary(Shape.of(p.count() * plan.splits(), p.rows(), p.columns()));
        launch(name, plan, a, b, parts, Store.PLAIN);
        return parts;
    }

    private void launch(String name, Plan plan, OpenClArray a, OpenClArray b, OpenClArray c, Store store) {
        GemmProblem p = plan.problem;
        GemmTile tile = plan.build.tile;
        int splits = plan.splits();
        // The first dimension alone is unlimited.
        long[] global = {tiles(p, tile) * tile.items(), (long) p.count() * splits};
        long[] local = {tile.items(), 1};
        double stored = splits + (store.residual == null ? 0 : 1);
        double bytes = 4.0 * p.count() * ((double) p.rows() * p.columns() * stored + p.b().size() + (double) p.rows() * p.depth());
        OpenClArray parts = store.statistics && splits == 1
                ? memory.array(Shape.of(3, p.rows(), (p.columns() + tile.columns() - 1) / tile.columns())) : null;
        if (parts != null) {
            c.storage().keep(new BatchNorm.Statistics(c.shape()), parts);
        }
        programs.launch(plan.build.kernel.named(name)).array(a).array(b).array(c).array(store.scale).array(store.shift)
                .array(store.residual).array(store.mask()).ints(p.ints(splits, plan.chunk, store)).array(parts)
                .work(p.flops(), bytes + store.maskBytes() + (parts == null ? 0 : 4.0 * parts.size())).run(global, local);
    }

    private static long tiles(GemmProblem p, GemmTile tile) {
        return (long) ((p.rows() + tile.rows() - 1) / tile.rows()) * ((p.columns() + tile.columns() - 1) / tile.columns());
    }

    /**
     * The length of the part of a sum that one work-group computes, such that the product takes the least time: in rounds, in each of
     * which every unit computes as many tiles as it holds, plus the traffic of the parts, each written and read once.
     */
    private int chunk(GemmProblem p, GemmTile tile) {
        long groups = tiles(p, tile) * p.count();
        long units = (long) device.computeUnits() * (tile.solo() ? 1 : Math.max(1, SUMS_OF_A_UNIT / (tile.rows() * tile.columns())));
        double round = 2.0 * units * tile.rows() * tile.columns() * p.depth();
        double traffic = OPERATIONS_OF_A_BYTE * 2.0 * Float.BYTES * p.count() * p.rows() * p.columns();
        int least = (p.depth() + LONGEST_SUM - 1) / LONGEST_SUM;
        int chunk = 0;
        double best = Double.POSITIVE_INFINITY;
        for (int splits = Math.max(1, least); splits <= Math.max(least, Math.min(units, p.depth() / SHORTEST_PART)); splits++) {
            double time = (groups * splits + units - 1) / units * round / splits + (splits == 1 ? 0 : traffic * splits);
            if (time < best) {
                best = time;
                chunk = (p.depth() + splits - 1) / splits;
            }
        }
        return Math.max(1, (chunk + tile.kTile() - 1) / tile.kTile()) * tile.kTile();
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

    /** Lets other threads compile what this product will need. */
    void prepare(GemmProblem p, Store store) {
        Variant v = Variant.of(p, store.statistics);
        if (!builds.containsKey(v)) {
            tuning.candidates(v.shape).stream().filter(tile -> tile.fits(device)).findFirst()
                    .ifPresent(tile -> programs.prepare(tile.file(), parameters(tile, v)));
        }
    }

    private CompiledKernel kernel(GemmTile tile, Variant v) {
        return programs.kernel(tile.file(), "gemm", parameters(tile, v));
    }

    private static Map<String, Object> parameters(GemmTile tile, Variant v) {
        Map<String, Object> parameters = new TreeMap<>(tile.parameters());
        parameters.put("PADDED", v.padded ? 1 : 0);
        parameters.put("STATISTICS", v.statistics ? 1 : 0);
        if (!tile.solo()) {
            parameters.put("DEEP", v.alongDepth ? 1 : 0);
            parameters.put("A_ROWS", v.leftAlongRows ? 1 : 0);
            parameters.put("A_LOAD", tile.load(v.leftVector));
            parameters.put("B_LOAD", tile.load(v.rightVector));
            parameters.put("C_STORE", tile.load(v.resultVector));
        }
        return parameters;
    }
}
