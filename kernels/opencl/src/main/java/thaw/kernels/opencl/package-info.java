/**
 * The backend for graphics cards, and for any other OpenCL 1.2 device: every operator is a kernel on the device, none runs
 * on the host. The kernels are in {@code .cl} files beside the classes; the head of each file describes its tiling, its
 * formula and the work of a work-group. JOCL is the binding.
 *
 * <h2>Structure</h2>
 *
 * <p>What operators ask of a device is a {@link thaw.kernels.opencl.CommandQueue}; a
 * {@link thaw.kernels.opencl.DeviceQueue} is a driver's: a context with <b>one in-order queue</b>. All threads enqueue into
 * it, so each command sees the results of all earlier ones, whichever thread enqueued them. Memory that one thread has
 * released can therefore be reused by another while the device still reads it, because the overwriting command comes
 * later. Only {@linkplain thaw.kernels.opencl.Transfers reading} waits for the device.
 *
 * <p>{@link thaw.kernels.opencl.Programs} compiles a {@code .cl} file with its parameters when a kernel is first
 * requested, or before that by other threads: {@code warmUp} and the forward pass of a training step tell what will be
 * needed. A {@link thaw.kernels.opencl.ProgramCache} keeps the binaries for later processes. A
 * {@link thaw.kernels.opencl.Launch} sets the arguments and enqueues the kernel. Memory comes from a
 * {@link thaw.kernels.opencl.BufferPool}. Every OpenCL object is counted by {@link thaw.kernels.opencl.LiveObjects} and
 * released at a known point, none by a finalizer.
 *
 * <h2>Convolutions</h2>
 *
 * <p>{@link thaw.kernels.opencl.OpenClConvolution} selects the method: {@link thaw.kernels.opencl.Winograd} for 3×3
 * filters of stride 1 with enough channels, one direct kernel for groups, and otherwise a product of matrices whose right
 * factor is implicit ({@link thaw.kernels.opencl.Correlation}). All products, including those of {@code matmul} and of
 * Winograd's algorithm, are run by {@link thaw.kernels.opencl.Gemm}, which has two kernels with one description of the
 * product: {@code gemm.cl} for cards, whose head states its arithmetic intensity and occupancy, and {@code gemm_solo.cl}
 * for CPUs. A {@link thaw.kernels.opencl.GemmTile} describes the division of a product; the tiles for a device are its
 * {@link thaw.kernels.opencl.Tuning}, either a default or one that {@link thaw.kernels.opencl.Tuner} has found and
 * {@link thaw.kernels.opencl.TuningCache} has kept.
 *
 * <p>A convolution without epilogue is mostly followed by a batch norm. Its last kernel therefore leaves, beside the result,
 * means and sums of squares of parts of each channel; {@link thaw.kernels.opencl.BatchNorm} combines them instead of reading
 * the result for its statistics. They are kept with the result until the batch norm takes them, or the result changes.
 *
 * <h2>Memory layout</h2>
 *
 * <p>Row-major, activations as {@code [N, C, H, W]}: neighbouring work-items take neighbouring pixels, whose reads and
 * writes coalesce.
 *
 * <p>Neither JOCL nor an OpenCL library is loaded before a method of {@link thaw.kernels.opencl.OpenClDevices} or
 * {@link thaw.kernels.opencl.OpenClBackend} is called.
 */
@NullMarked
package thaw.kernels.opencl;

import org.jspecify.annotations.NullMarked;
