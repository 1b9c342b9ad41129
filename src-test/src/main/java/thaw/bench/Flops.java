package thaw.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import thaw.finetune.bench.MatmulPeak;
import thaw.kernels.Backend;

/**
 * Counts floating-point operations beside the time; JMH divides them by the seconds measured, which gives GFLOP/s, and their
 * share of the peak that the backend's product of large matrices reached in the same process, just before.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Flops {

    /** Read by JMH as a rate; reset for each iteration. */
    public double gflops;

    /** Likewise. */
    public double percentOfPeak;

    private double peak;

    @Setup(Level.Iteration)
    public void reset() {
        gflops = 0;
        percentOfPeak = 0;
    }

    /** @param flops of one operation, done on this backend */
    void count(double flops, Backend backend) {
        if (peak == 0) {
            // In the first operation of the warm-up, which no result contains.
            peak = MatmulPeak.measure(backend);
        }
        gflops += 1e-9 * flops;
        percentOfPeak += 1e-7 * flops / peak;
    }
}
