package thaw.kernels;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tensor operators on one device: the sum of the operator families, each an interface of its own. A backend records no
 * gradients: every operator comes with the operators that its gradient needs, and the engine combines them.
 *
 * <p><b>Contract.</b> Operators return new arrays, which have one owner, the caller. Arguments are neither changed nor
 * released, except those named "in place", and come from the same backend. Shapes are in row-major order
 * ({@code [N, C, H, W]} for activations), whatever the layout in memory. Operators may be called from several threads
 * at once. The same arguments give the same bits, whatever the number of threads. Every operator checks its shapes and
 * throws {@link IllegalArgumentException} with both of them in the message.
 *
 * <p>{@link CheckedBackend} is the base class of implementations. {@code thaw.kernels.reference} defines the result of
 * every operator, in double precision; {@code thaw.kernels.cpu} is the fast one for CPUs; {@code thaw.kernels.opencl}
 * runs on OpenCL devices.
 */
public interface Backend extends ArrayOps, ShapeOps, ElementwiseOps, ReductionOps, MatmulOps, ConvolutionOps, NormOps, PoolOps,
        LossOps, BinaryLossOps, SgdOps, AdamWOps, AutoCloseable {

    /** A description of the device in one line, for users: {@code "cpu, Vector API with 16 floats, 2 threads"}. */
    String description();

    /**
     * Bytes of device memory: in use by arrays that have an owner, with weights that are kept in another order for speed, and
     * kept in the pool for reuse.
     */
    MemoryUse memory();

    /** Device memory in bytes; see {@link #memory()}. */
    record MemoryUse(long inUse, long pooled) {
    }

    /**
     * Whether operators return before the device has computed their results. Reading a result then waits for all work
     * submitted before it, so a loop that reads at every step also leaves the device idle in between.
     */
    default boolean isAsynchronous() {
        return false;
    }

    /** Kernel times as the device measures them; empty if profiling is off or the operators run synchronously. */
    default Optional<DeviceProfile> profile() {
        return Optional.empty();
    }

    /**
     * Adds {@link #conv2dInputGradient} in place to the gradient that the input has from another use: {@code gx += …}. A
     * backend that stores the sum at once saves a pass over memory.
     */
    default void addConv2dInputGradient(Array gx, Array gy, Array w, Conv2dOptions options) {
        Array gradient = conv2dInputGradient(gy, w, gx.shape(), options);
        add(gx, gradient);
        gradient.release();
    }

    /**
     * Sets the listener for operator calls, replacing any earlier one; null for none. Without a listener calls are not
     * timed.
     */
    void setOperatorListener(@Nullable OperatorListener listener);

    /**
     * Compiles the kernels of a convolutional network in advance, so that the first use of each is as fast as the next.
     * Takes seconds, during which another thread may read the weights. Changes no result. Does nothing if there is nothing
     * to gain.
     *
     * @param training whether to compile the kernels of a training step too, rather than those of a prediction alone
     */
    default void warmUp(boolean training) {
    }

    /**
     * Prepares a quick first prediction and returns at once. Where compiling the fastest loops takes a second or more,
     * operators run on simpler loops, which give the same bits, until a background thread has compiled the fastest
     * ones. {@link #warmUp} waits for it.
     */
    default void warmUpInBackground() {
    }

    /**
     * Makes convolutions with an epilogue, those of a prediction, batch-invariant on the CPU: an image's result does not depend on
     * the images in its batch, to the bit. The algorithm is then chosen as for a single image; for 16 images of 224×224,
     * ResNet-18 takes up to 14 % longer.
     */
    default void makeBatchInvariant() {
    }

    /** Whether the operators of a prediction run on the fastest loops, because these are compiled or need not be. */
    default boolean isWarm() {
        return true;
    }

    /** Ends the device's threads and frees its memory. Arrays must not be used afterwards. */
    @Override
    void close();
}
