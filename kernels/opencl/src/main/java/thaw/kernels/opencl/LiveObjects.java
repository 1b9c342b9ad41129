package thaw.kernels.opencl;

/**
 * The numbers of driver objects that one backend has created and not yet released.
 *
 * @param buffers  {@code cl_mem}, including those idle in the pool
 * @param events   {@code cl_event}
 * @param kernels  {@code cl_kernel}
 * @param programs {@code cl_program}
 */
public record LiveObjects(int buffers, int events, int kernels, int programs) {
}
