package thaw.kernels.opencl;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import thaw.kernels.Shape;

/** Runs products of matrices, each cut up as the device's {@link Tuning} says; see {@code gemm.cl} and {@code gemm_solo.cl}. */
final class Gemm {

    /**
     * Products that one number adds up in a row, at most: more are split, also where it isn't needed to keep the device busy,
     * so that rounding errors do not pile up.
     */
    private static final int LONGEST_SUM = 8192;

    /** Products that a part of a split sum adds up, at least. */
    private static final int SHORTEST_PART = 256;

    /** Work-groups that keep a compute unit busy, of work-items that wait for memory and of such that don't. */
    private static final int GROUPS_OF_A_UNIT = 4;
    private static final int SOLO_GROUPS_OF_A_UNIT = 2;

    /**
     * What a kernel is built for.
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

    /** What the result of a product is changed by before it is stored; each may be null. */
    record Store(OpenClArray scale, OpenClArray shift, OpenClArray residual, boolean relu) {
        static final Store PLAIN = new Store(null, null, null, false);
    }

    private final Memory memory;
    private final Programs programs;
    private final OpenClDevice device;
    private final Tuning tuning;
    private final Map<Variant, Build> builds = new ConcurrentHashMap<>();

    Gemm(Memory memory, Programs programs, OpenClDevice device, Tuning tuning) {
        this.memory = memory;
        this.programs = programs;
        this.device = device;
        this.tuning = tuning;
    }

    Tuning tuning() {
        return tuning;
    }

    /** Whether no product of this kind has been computed by another tile so far, as happens where the device refuses one. */
    boolean takes(ProductShape kind, GemmTile tile) {
        return builds.entrySet().stream().filter(build -> build.getKey().shape == kind)
                .allMatch(build -> build.getValue().tile.equals(tile));
    }

    private Build build(GemmProblem p) {
        return builds.computeIfAbsent(Variant.of(p), this::build);
    }

    /**
     * Enqueues a product.
     *
     * @param name what the profile calls it
     */
    void run(String name, GemmProblem p, OpenClArray a, OpenClArray b, OpenClArray c, Store store) {
        Build build = build(p);
        GemmTile tile = build.tile;
        long tileRows = (p.rows() + tile.rows() - 1) / tile.rows();
        long tileColumns = (p.columns() + tile.columns() - 1) / tile.columns();
        int chunk = chunk(p, tile, tileRows * tileColumns);
        int splits = p.count() > 1 ? 1 : Math.max(1, (p.depth() + chunk - 1) / chunk);
        long[] global = {tileRows * tile.items(), tileColumns, (long) p.count() * splits};
        long[] local = {tile.items(), 1, 1};
        int[] ints = p.ints(splits, chunk, store.relu);
        double bytes = 4.0 * p.count() * ((double) p.rows() * p.columns() + p.b().size()
                + (double) p.rows() * p.depth());
        if (splits == 1) {
            programs.launch(build.kernel.named(name)).array(a).array(b).array(c).array(store.scale).array(store.shift).array(store.residual)
                    .ints(ints).work(p.flops(), bytes).run(global, local);
            return;
        }
        try (Workspace work = memory.workspace()) {
            OpenClArray parts = work.temporary(Shape.of(splits, p.rows(), p.columns()));
            programs.launch(build.kernel.named(name)).array(a).array(b).array(parts).array(null).array(null).array(null).ints(ints)
                    .work(p.flops(), bytes).run(global, local);
            programs.launch("gemm_sum.cl", "gemm_sum").array(parts).array(c).array(store.scale).array(store.shift)
                    .array(store.residual).ints(ints).work(parts.size(), 4.0 * (parts.size() + (double) p.rows() * p.columns()))
                    .over((long) p.rows() * p.columns());
        }
    }

    /** How long a part of the sums a work-group takes, so that there are groups enough for all compute units. */
    private int chunk(GemmProblem p, GemmTile tile, long tiles) {
        long wanted = (long) device.computeUnits() * (tile.solo() ? SOLO_GROUPS_OF_A_UNIT : GROUPS_OF_A_UNIT);
        long splits = Math.min((wanted + tiles - 1) / tiles, p.depth() / SHORTEST_PART);
        splits = Math.max(splits, (p.depth() + LONGEST_SUM - 1) / LONGEST_SUM);
        int chunk = p.count() > 1 || splits <= 1 ? p.depth() : (int) ((p.depth() + splits - 1) / splits);
        return Math.max(1, (chunk + tile.kTile() - 1) / tile.kTile()) * tile.kTile();
    }

    /** The first of the candidates that the device takes. */
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
                : new OpenClException("OpenCL: " + device + " has no room for any tile of a product of matrices");
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
