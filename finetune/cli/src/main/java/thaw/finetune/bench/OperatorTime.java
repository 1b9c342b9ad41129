package thaw.finetune.bench;

/**
 * The total time of one operator's calls on arguments of the same shapes.
 *
 * @param operator its method in {@link thaw.kernels.Backend}
 * @param shapes   a short description of the arguments' shapes
 * @param nanos    time of all calls, in nanoseconds
 * @param flops    floating-point operations of all calls by the direct algorithm; 0 for operators bound by memory
 */
public record OperatorTime(String operator, String shapes, long calls, long nanos, long flops) {

    /** The throughput in GFLOP/s; 0 for operators bound by memory. */
    public double gflops() {
        return (double) flops / nanos;
    }

    /** The sum of both, with this operator and these shapes, even if the other's differ. */
    public OperatorTime plus(OperatorTime other) {
        return new OperatorTime(operator, shapes, calls + other.calls, nanos + other.nanos, flops + other.flops);
    }
}
