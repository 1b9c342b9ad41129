package thaw.finetune.bench;

/**
 * What the calls of one operator on arguments of the same shapes took together.
 *
 * @param operator the backend's name for it
 * @param shapes   in short
 * @param nanos    of all calls
 * @param flops    of all calls, by the textbook's algorithm; 0 for those that are bound by memory
 */
public record OperatorTime(String operator, String shapes, long calls, long nanos, long flops) {

    /** 0 for operators that are bound by memory. */
    public double gflops() {
        return (double) flops / nanos;
    }

    /** Of both together; of other shapes if need be, those of this one stay. */
    public OperatorTime plus(OperatorTime other) {
        return new OperatorTime(operator, shapes, calls + other.calls, nanos + other.nanos, flops + other.flops);
    }
}
