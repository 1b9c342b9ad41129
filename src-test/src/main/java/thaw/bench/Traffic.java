package thaw.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import thaw.kernels.Shape;

/** Counts the bytes that an operator has to read and write at least, which JMH divides by the measured seconds: GB/s. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Traffic {

    /** Bytes × 1e-9; JMH reads it as a rate per second. Reset in each iteration. */
    public double gigabytes;

    @Setup(Level.Iteration)
    public void reset() {
        gigabytes = 0;
    }

    /** Adds an operation that reads or writes {@code arrays} float32 arrays of a shape. */
    void count(int arrays, Shape shape) {
        gigabytes += 1e-9 * Float.BYTES * arrays * shape.size();
    }
}
