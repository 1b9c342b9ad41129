package thaw.kernels.opencl;

/**
 * What a kernel has done, over all its runs.
 *
 * @param flops arithmetic operations on floats; 0 where the kernel does not say
 * @param bytes read and written, each array once; 0 where the kernel does not say
 */
public record KernelTime(String kernel, int runs, double seconds, double flops, double bytes) {

    KernelTime plus(KernelTime other) {
        return new KernelTime(kernel, runs + other.runs, seconds + other.seconds, flops + other.flops, bytes + other.bytes);
    }
}
