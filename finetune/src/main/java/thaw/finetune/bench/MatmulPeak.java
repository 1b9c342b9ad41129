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
    private static final int LEAST_RUNS = 5;
    private static final int MOST_RUNS = 100;
    private static final long ENOUGH_NANOS = 1_000_000_000L;

    private MatmulPeak() {
    }

    /** GFLOP/s; takes about a second, longer on a slow backend. */
    public static double measure(Backend backend) {
        float[] values = new float[SIDE * SIDE];
        Arrays.fill(values, 0.5f);
        Array a = backend.of(Shape.of(SIDE, SIDE), values);
        float[] corner = new float[1];
        double best = 0;
        long start = System.nanoTime();
        for (int i = 0; i < MOST_RUNS && (i < LEAST_RUNS || System.nanoTime() - start < ENOUGH_NANOS); i++) {
            long before = System.nanoTime();
            Array c = backend.matmul(a, false, a, false);
            // A device that computes behind the caller's back is done when a number of the result has arrived.
            Array row = backend.narrow(c, 0, 0, 1);
            Array one = backend.narrow(row, 1, 0, 1);
            backend.read(one, corner);
            best = Math.max(best, 2.0 * SIDE * SIDE * SIDE / (System.nanoTime() - before));
            one.release();
            row.release();
            c.release();
        }
        a.release();
        return best;
    }
}
