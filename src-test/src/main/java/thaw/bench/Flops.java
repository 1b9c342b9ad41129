package thaw.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Counts floating-point operations beside the time; JMH divides them by the seconds measured, which gives GFLOP/s. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Flops {

    /** Read by JMH as a rate; reset for each iteration. */
    public double gflops;

    @Setup(Level.Iteration)
    public void reset() {
        gflops = 0;
    }

    /** @param multiplyAdds of one operation */
    void count(double multiplyAdds) {
        gflops += 2e-9 * multiplyAdds;
    }
}
