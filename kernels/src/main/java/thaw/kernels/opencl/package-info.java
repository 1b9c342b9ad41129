/**
 * The backend for graphics cards, and for whatever else speaks OpenCL 1.2: every operator is a kernel on the device, none runs
 * on the host. The kernels stand in {@code .cl} files beside the classes, each with its tiling, its formula and its
 * work-group's job at its head; JOCL is the binding.
 *
 * <h2>How it fits together</h2>
 *
 * <p>A {@link thaw.kernels.opencl.DeviceQueue} is a context with <b>one in-order queue</b>. All threads enqueue into it, so
 * what a thread enqueues sees everything enqueued before, by whichever thread: memory that one thread has released can be
 * handed to another while the device still reads it, as what overwrites it comes later. Nothing waits for the device but
 * {@linkplain thaw.kernels.opencl.Transfers reading}.
 *
 * <p>Kernels come from {@link thaw.kernels.opencl.Programs}, which compiles a {@code .cl} file with its parameters when it is
 * first asked for it; a {@link thaw.kernels.opencl.Launch} sets the arguments and enqueues. Memory comes from a
 * {@link thaw.kernels.opencl.BufferPool}. Every object of OpenCL is counted by {@link thaw.kernels.opencl.LiveObjects} and
 * released at a known point, none by a finalizer.
 *
 * <h2>Convolutions</h2>
 *
 * <p>{@link thaw.kernels.opencl.OpenClConvolution} chooses: {@link thaw.kernels.opencl.Winograd} for 3×3 of stride 1 and channels
 * enough, one direct kernel for groups, and otherwise a product of matrices whose right one is never written out
 * ({@link thaw.kernels.opencl.Correlation}). All products, those of {@code matmul} and of Winograd's algorithm too, are run by
 * {@link thaw.kernels.opencl.Gemm}, which has two kernels with one description of what is multiplied: {@code gemm.cl} for cards,
 * whose head has its arithmetic intensity and occupancy, and {@code gemm_solo.cl} for processors. How they cut a product up is
 * a {@link thaw.kernels.opencl.GemmTile}; the tiles for a device are its {@link thaw.kernels.opencl.Tuning}, a usual one or that
 * which {@link thaw.kernels.opencl.Tuner} has found and {@link thaw.kernels.opencl.TuningCache} kept.
 *
 * <h2>How arrays lie in memory</h2>
 *
 * <p>Row-major, activations as {@code [N, C, H, W]}: neighbouring work-items take neighbouring pixels, whose reads and writes
 * coalesce.
 *
 * <p>Nothing here loads JOCL, or looks for an OpenCL library, before a method of {@link thaw.kernels.opencl.OpenClDevices} or
 * {@link thaw.kernels.opencl.OpenClBackend} is called.
 */
package thaw.kernels.opencl;
