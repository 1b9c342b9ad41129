package thaw.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import thaw.kernels.Shape;

/** Counts the bytes that an operator must read and write at least; JMH divides them by the seconds measured: GB/s. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Traffic {

    /** Read by JMH as a rate; reset for each iteration. */
    public double gigabytes;

    @Setup(Level.Iteration)
    public void reset() {
        gigabytes = 0;
    }

    /** @param arrays of this shape, float32, that are read or written once each */
    void count(int arrays, Shape shape) {
        gigabytes += 1e-9 * Float.BYTES * arrays * shape.size();
    }
}
