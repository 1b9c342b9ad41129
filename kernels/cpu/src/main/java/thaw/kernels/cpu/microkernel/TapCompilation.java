package thaw.kernels.cpu.microkernel;

/** Has the kernels of {@link BlockLoops#pixels} compiled. */
public final class TapCompilation {

    /** Iterations of a kernel's loop for which {@link Compilation#CALLS} suffice. */
    private static final int STEPS = 26;

    /** The same for kernels of up to four steps an iteration. */
    private static final int STEPS_IN_TURNS = 56;
    /** Calls of scalar sums, each of which calls its inner loop several times. */
    private static final int SCALAR_CALLS = 250;
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
        x = new float[STEPS_IN_TURNS + 2 * BlockLoops.WIDEST * lanes];
        w = new float[STEPS_IN_TURNS * 2 * lanes];
        y = new float[2 * BlockLoops.WIDEST * lanes];
    }

    /** Scalar sums of products, which C2 compiles in a tenth of the time. */
    public void scalar() {
        for (int rows : new int[] {ScalarProducts.TOGETHER, 1}) {
            compilation.call(SCALAR_CALLS, () -> loops.scalars().pixels(rows, 2, x, 0, 1, NO_TAPS, SHIFT, STEPS, w, 0, null, 0, y, 0,
                    loops.lanes(), BlockLoops.WIDEST * loops.lanes()));
        }
    }

    /** Those of {@link BlockLoops.Tiles#NARROW}. */
    public void narrow() {
        for (int blocks = 2; blocks >= 1; blocks--) {
            for (int width : BlockLoops.NARROW) {
                call(width, blocks, ANY);
            }
        }
    }

    /** Those that {@link BlockLoops.Tiles#ADJACENT} adds. */
    public void adjacent() {
        wide(2, loops.lanes());
    }

    /** All others. */
    public void others() {
        int lanes = loops.lanes();
        for (int px : new int[] {2 * lanes, 2, ANY}) {
            wide(2, px);
        }
        wide(1, lanes);
        wide(1, ANY);
    }

    private void wide(int blocks, int px) {
        for (int width : loops.widths(blocks, px, SHIFT)) {
            if (width > BlockLoops.NARROW[0] || width > 1 && loops.hasTurns(px, SHIFT)) {
                call(width, blocks, px);
            }
        }
    }

    private void call(int width, int blocks, int px) {
        int steps = loops.hasTurns(px, SHIFT) ? STEPS_IN_TURNS : STEPS;
        compilation.call(Compilation.CALLS, () -> loops.pixels(width, width, blocks, x, 0, px, NO_TAPS, SHIFT, steps, w, 0, null, 0,
                y, 0, loops.lanes(), BlockLoops.WIDEST * loops.lanes()));
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
