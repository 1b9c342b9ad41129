package thaw.finetune.bench;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/**
 * The peak throughput that a backend reaches in practice: its fastest product of two large matrices, which is bound by
 * multiply-adds alone. Measure it in the same run as the figures compared with it, since machines differ and vary over time.
 */
public final class MatmulPeak {

    private static final int SIDE = 1024;
    /** Graphics cards need more work to load all of their units, and to hide the way to them and back: products that take long enough. */
    private static final int LARGEST_SIDE = 4096;
    private static final long ENOUGH_NANOS = 20_000_000L;
    private static final long BRIEF_NANOS = 100_000_000L;
    /** The measurement ends if no product was faster for this long: the JIT compiler is then done. */
    private static final long PATIENCE_NANOS = 1_000_000_000L;
    private static final long MOST_NANOS = 10_000_000_000L;

    private MatmulPeak() {
    }

    /** The peak in GFLOP/s; takes 1 to 10 seconds. */
    public static double measure(Backend backend) {
        int side = SIDE;
        while (backend.isAsynchronous() && side < LARGEST_SIDE && fastest(backend, side, BRIEF_NANOS) < ENOUGH_NANOS) {
            side *= 2;
        }
        return 2.0 * side * side * side / fastest(backend, side, PATIENCE_NANOS);
    }

    /** Nanoseconds of the fastest product of two square matrices, until none was faster for {@code patience} nanoseconds. */
    private static long fastest(Backend backend, int side, long patience) {
        float[] values = new float[side * side];
        Arrays.fill(values, 0.5f);
        Array a = backend.of(Shape.of(side, side), values);
        float[] corner = new float[1];
        long start = System.nanoTime();
        long lastGain = start;
        long now = start;
        long best = Long.MAX_VALUE;
        while (now - lastGain < patience && now - start < MOST_NANOS) {
            long before = System.nanoTime();
            Array c = backend.matmul(a, false, a, false);
            // An asynchronous device has finished the product once one element of the result has been read.
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
        return best;
    }
}
