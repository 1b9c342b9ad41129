package thaw.kernels.cpu.microkernel;

/** Has the kernels of {@link BlockLoops#pixels} compiled. */
public final class TapCompilation {

    /** Turns of a kernel's loop, and the one before it, for which {@link Compilation#CALLS} suffice while few methods wait for C2. */
    private static final int TURNS = 15;

    /** Steps per turn, at most. */
    private static final int TURN = 4;

    /** Calls of scalar sums, each of which calls its inner loop several times. */
    private static final int SCALAR_CALLS = 250;
    private static final int SCALAR_STEPS = 26;
    private static final int[] NO_TAPS = {0};

    /** A shift beyond any number of iterations: all belong to one tap. */
    private static final int SHIFT = 30;

    /** A distance between pixels for which no kernel is made. */
    private static final int OTHER = 3;

    private final Compilation compilation;
    private final BlockLoops loops;
    private final float[] x;
    private final float[] w;
    private final float[] y;

    /** @param loops which use each kernel as soon as it is compiled */
    public TapCompilation(Compilation compilation, BlockLoops loops) {
        this.compilation = compilation;
        this.loops = loops;
        int lanes = loops.lanes();
        x = new float[TURNS * TURN + 2 * BlockLoops.WIDEST * lanes];
        w = new float[TURNS * TURN * 2 * lanes];
        y = new float[2 * BlockLoops.WIDEST * lanes];
    }

    /** Scalar sums of products, which C2 compiles in a tenth of the time. */
    public void scalar() {
        for (int rows : new int[] {ScalarProducts.TOGETHER, 1}) {
            compilation.call(SCALAR_CALLS, () -> loops.scalars().pixels(rows, 2, x, 0, 1, NO_TAPS, SHIFT, SCALAR_STEPS, w, 0, null, 0, y, 0,
                    loops.lanes(), BlockLoops.WIDEST * loops.lanes()));
        }
    }

    /** Compiles these micro-kernels in turn; each is in use as soon as it is compiled. */
    public void narrow() {
        TapTile.NARROW.forEach(this::call);
    }

    /** Compiles the others in turn, the most used first. */
    public void wide() {
        TapTile.wide(loops).forEach(this::call);
    }

    private void call(TapTile tile) {
        int px = tile.px() == TapTile.ANY ? OTHER : tile.px();
        int lanes = loops.lanes();
        compilation.call(Compilation.CALLS, () -> tile.kernel().sum(x, 0, px, NO_TAPS, SHIFT, TURNS * tile.turn(), w, 0, y, 0, lanes,
                BlockLoops.WIDEST * lanes), () -> loops.use(tile));
    }

    /** The epilogue, of all kinds. */
    public void epilogue() {
        BlockedEpilogue[] kinds = {new BlockedEpilogue(w, w, null, true), new BlockedEpilogue(w, w, null, false),
            new BlockedEpilogue(w, w, x, true), new BlockedEpilogue(w, w, x, false)};
        BlockLoops vectors = new BlockLoops(loops.lanes(), true);
        compilation.call(Compilation.CALLS, () -> {
            for (BlockedEpilogue kind : kinds) {
                kind.apply(vectors, 0, y, 0, loops.lanes(), BlockLoops.WIDEST);
            }
        });
    }
}
