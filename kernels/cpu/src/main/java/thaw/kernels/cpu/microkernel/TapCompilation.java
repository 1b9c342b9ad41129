package thaw.kernels.cpu.microkernel;

/** Has the kernels of {@link BlockLoops#pixels} compiled. */
public final class TapCompilation {

    /** Iterations of a kernel's loop for which {@link Compilation#CALLS} suffice. */
    private static final int SHORT = 26;

    /**
     * Iterations for a kernel whose accumulators take all registers. C2 expects a loop to be as long as it has been so far, and
     * spills accumulators within a short one: 66 GFLOP/s instead of 152 on a core of a Xeon with AVX-512.
     */
    private static final int LONG = 512;

    /** Calls with long loops after which C2 compiles the running loop, and then the method: 40,000 iterations. */
    private static final int LONG_CALLS = 78;
    private static final int[] NO_TAPS = {0};

    /** A shift beyond any number of iterations: all belong to one tap. */
    private static final int SHIFT = 30;

    /** A distance between pixels for which no kernel is made. */
    private static final int ANY = 3;

    private final Compilation compilation;
    private final BlockLoops loops;
    private final float[] x;
    private final float[] w;
    private final float[] y;

    /** @param lanes floats in a vector */
    public TapCompilation(Compilation compilation, int lanes) {
        this.compilation = compilation;
        loops = new BlockLoops(lanes, true);
        x = new float[LONG + 2 * BlockLoops.WIDEST * lanes];
        w = new float[LONG * 2 * lanes];
        y = new float[2 * BlockLoops.WIDEST * lanes];
    }

    /** Those of {@link BlockLoops.Tiles#NARROW}. */
    public void narrow() {
        for (int blocks = 2; blocks >= 1; blocks--) {
            for (int width : BlockLoops.NARROW) {
                call(width, blocks, ANY, SHORT, Compilation.CALLS);
            }
        }
    }

    /** All others. */
    public void wide() {
        int lanes = loops.lanes();
        for (int blocks = 2; blocks >= 1; blocks--) {
            for (int px : new int[] {lanes, 2 * lanes, 2, ANY}) {
                for (int width : loops.widths(blocks, px)) {
                    if (width > BlockLoops.NARROW[0] || width > 1 && px == lanes && blocks == 2) {
                        call(width, blocks, px, LONG, LONG_CALLS);
                    }
                }
            }
        }
        for (int px = lanes; px <= 2 * lanes; px += lanes) {
            int distance = px;
            if (loops.joinsRows(BlockLoops.WIDEST / 2, 2, px)) {
                compilation.call(LONG_CALLS, () -> loops.twoRows(x, 0, distance, NO_TAPS, SHIFT, LONG, w, 0, null, 0, y, 0,
                        lanes, BlockLoops.WIDEST * lanes, distance, lanes));
            }
        }
    }

    private void call(int width, int blocks, int px, int steps, int calls) {
        compilation.call(calls, () -> loops.pixels(width, width, blocks, x, 0, px, NO_TAPS, SHIFT, steps, w, 0, null, 0, y, 0,
                loops.lanes(), BlockLoops.WIDEST * loops.lanes()));
    }

    /** The epilogue, of all kinds. */
    public void epilogue() {
        BlockedEpilogue[] kinds = {new BlockedEpilogue(w, w, null, true), new BlockedEpilogue(w, w, null, false),
            new BlockedEpilogue(w, w, x, true), new BlockedEpilogue(w, w, x, false)};
        compilation.call(Compilation.CALLS, () -> {
            for (BlockedEpilogue kind : kinds) {
                kind.apply(loops, 0, y, 0, loops.lanes(), BlockLoops.WIDEST);
            }
        });
    }
}
