package thaw.kernels.opencl;

/**
 * The objects that one backend has made in the driver and not released yet.
 *
 * @param buffers  {@code cl_mem}, those that wait in the pool included
 * @param events   {@code cl_event}
 * @param kernels  {@code cl_kernel}
 * @param programs {@code cl_program}
 */
public record LiveObjects(int buffers, int events, int kernels, int programs) {
}
