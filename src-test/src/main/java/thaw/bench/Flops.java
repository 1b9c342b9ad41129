package thaw.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import thaw.finetune.bench.MatmulPeak;
import thaw.kernels.Backend;

/**
 * Counts floating-point operations, which JMH divides by the measured seconds: GFLOP/s, and their percentage of the peak that
 * the backend's product of large matrices reached earlier in the same process.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Flops {

    /** Operations × 1e-9; JMH reads it as a rate per second. Reset in each iteration. */
    public double gflops;

    /** Operations as a percentage of the peak's operations in a second; JMH reads it as a rate per second, too. */
    public double percentOfPeak;

    private double peak;

    @Setup(Level.Iteration)
    public void reset() {
        gflops = 0;
        percentOfPeak = 0;
    }

    /** Adds one benchmark operation of {@code flops} floating-point operations on a backend. */
    void count(double flops, Backend backend) {
        if (peak == 0) {
            // This is in the first operation of the warm-up, which results do not include.
            peak = MatmulPeak.measure(backend);
        }
        gflops += 1e-9 * flops;
        percentOfPeak += 1e-7 * flops / peak;
    }
}
