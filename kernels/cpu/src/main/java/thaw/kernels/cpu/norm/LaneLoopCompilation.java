package thaw.kernels.cpu.norm;

import thaw.kernels.cpu.microkernel.Compilation;

/** Has those loops of {@link VectorLaneLoops} compiled that a prediction uses: pools, and batch norm with running statistics. */
public final class LaneLoopCompilation {

    private static final int PIXELS = 16;

    private LaneLoopCompilation() {
    }

    public static void run(Compilation compilation) {
        VectorLaneLoops loops = new VectorLaneLoops();
        float[] x = new float[PIXELS * loops.lanes()];
        float[] y = x.clone();
        compilation.call(Compilation.CALLS, () -> {
            loops.maxOfWindow(x, 0, 0, 3, 3, 4, y, null, 0);
            loops.maxOfWindow(x, 0, 0, 2, 2, 4, y, null, 0);
            loops.sumOfWindow(x, 0, 0, 4, 4, 4, 1, y, 0);
            loops.normalize(x, 0, PIXELS, x, x, x, 0, 0, y, 0);
            loops.normalizeAndAdd(x, 0, PIXELS, x, x, x, 0, x, 0, y, 0);
        });
    }
}
