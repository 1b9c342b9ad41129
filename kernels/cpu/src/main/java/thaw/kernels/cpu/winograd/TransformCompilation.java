package thaw.kernels.cpu.winograd;

import thaw.kernels.cpu.microkernel.BlockedEpilogue;
import thaw.kernels.cpu.microkernel.Compilation;

/** Has the transforms of forward convolutions compiled. */
public final class TransformCompilation {

    private static final int OUT = WinogradPoints.OUTPUTS;

    /** Whole tiles in a strip. */
    private static final int TILES = 3;

    /**
     * Bytes that tiles of all sizes allocate at most when they are compiled. C2 of JDK 17 sometimes leaves a vector in each line of two
     * outputs, 768 bytes in all with AVX-512; the smallest tile alone allocates 2300 with four lanes when it is not compiled.
     */
    private static final long FEW_BYTES = 2000;

    /** Pairs of points of a tile with a stride of 2. */
    private static final int PAIRS = WinogradPhases.LINE * WinogradPhases.LINE;

    private final Compilation compilation;
    private final VectorTransforms transforms = new VectorTransforms();
    private final int lanes = transforms.lanes();
    private final int pair = TILES * lanes;
    private final int row = (OUT * TILES + 2) * lanes;
    private final float[] from = new float[Math.max(PAIRS * pair, WinogradPhases.LINE * row)];
    private final float[] to = from.clone();
    private final float[] scratch = from.clone();
    private final BlockedEpilogue[] epilogues = {null, new BlockedEpilogue(from, from, null, true),
        new BlockedEpilogue(from, from, from, true)};
    private int calls;

    public TransformCompilation(Compilation compilation) {
        this.compilation = compilation;
    }

    /** Compiles those of weights, of strips of whole tiles, and of other tiles. */
    public void run() {
        compilation.call(Compilation.CALLS, this::filters);
        compilation.call(Compilation.MANY_CALLS, this::strip);
        compilation.call(Compilation.MANY_CALLS / OUT, FEW_BYTES, this::tiles);
    }

    private void filters() {
        transforms.filter(OUT, from, 0, lanes, scratch, to, 0, pair);
        transforms.stridedFilter(OUT, from, 0, lanes, scratch, to, 0, pair);
    }

    /** Mostly one column, which takes the least time, and sometimes many, so that C2 expects loops. */
    private void strip() {
        boolean isLong = calls++ % 10 == 0;
        int tiles = isLong ? TILES : 1;
        int columns = isLong ? OUT * TILES : 1;
        transforms.inputColumns(columns, from, 0, from, 0, row, from, 0, scratch, 0, row);
        transforms.inputRows(tiles, from, 0, to, 0, pair);
        transforms.outputRows(tiles, from, 0, pair, scratch, 0);
        for (BlockedEpilogue epilogue : epilogues) {
            transforms.outputColumns(columns, from, 0, row, epilogue, 0, to, 0, row);
        }
    }

    /** All sizes in each call: C2 compiles a method again if it meets a size later. */
    private void tiles() {
        for (int side = 1; side <= OUT; side++) {
            transforms.input(side, side, from, 0, row, scratch, to, 0, pair);
            transforms.output(side, side, from, 0, pair, scratch, nextEpilogue(), 0, to, 0, row);
            transforms.stridedInput(side, side, from, 0, row, scratch, to, 0, pair);
            transforms.stridedOutput(side, side, from, 0, pair, scratch, nextEpilogue(), 0, to, 0, row);
        }
    }

    private BlockedEpilogue nextEpilogue() {
        return epilogues[calls++ % epilogues.length];
    }
}
