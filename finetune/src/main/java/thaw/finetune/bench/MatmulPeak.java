package thaw.finetune.bench;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/**
 * The peak that a backend reaches in practice: its fastest product of two large matrices, which is bound by multiply-adds alone.
 * To be measured in the same run as what is compared with it, since machines differ and change.
 */
public final class MatmulPeak {

    private static final int SIDE = 1024;
    /** Without a faster product for so long, there is none to come: Java's compiler has done what it can. */
    private static final long PATIENCE_NANOS = 1_000_000_000L;
    private static final long MOST_NANOS = 10_000_000_000L;

    private MatmulPeak() {
    }

    /** GFLOP/s; takes a few seconds. */
    public static double measure(Backend backend) {
        float[] values = new float[SIDE * SIDE];
        Arrays.fill(values, 0.5f);
        Array a = backend.of(Shape.of(SIDE, SIDE), values);
        float[] corner = new float[1];
        long start = System.nanoTime();
        long lastGain = start;
        long now = start;
        long best = Long.MAX_VALUE;
        while (now - lastGain < PATIENCE_NANOS && now - start < MOST_NANOS) {
            long before = System.nanoTime();
            Array c = backend.matmul(a, false, a, false);
            // A device that computes behind the caller's back is done when a number of the result has arrived.
            Array row = backend.narrow(c, 0, 0, 1);
            Array one = backend.narrow(row, 1, 0, 1);
            backend.read(one, corner);
            now = System.nanoTime();
            if (now - before < best) {
                best = now - before;
                lastGain = now;
            }
            one.release();
            row.release();
            c.release();
        }
        a.release();
        return 2.0 * SIDE * SIDE * SIDE / best;
    }
}
