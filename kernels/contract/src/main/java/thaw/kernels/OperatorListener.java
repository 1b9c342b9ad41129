package thaw.kernels;

/** Receives each operator call of a {@link Backend} after it has returned. Must be thread-safe if the backend is shared. */
public interface OperatorListener {

    /**
     * An operator was called.
     *
     * @param operator the name of the {@link Backend}'s method
     * @param shapes   the shapes and options that the cost depends on, for users
     * @param nanos    the wall time of the call; for an asynchronous backend, the time to enqueue the work
     * @param flops    floating-point operations of a convolution or a matrix product; 0 for other operators
     */
    void called(String operator, String shapes, long nanos, long flops);
}
