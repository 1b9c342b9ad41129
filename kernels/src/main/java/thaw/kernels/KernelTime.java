package thaw.kernels;

/**
 * What a kernel of a device has done, over all its runs, by the device's own clock.
 *
 * @param flops arithmetic operations on floats; 0 where the kernel does not say
 * @param bytes read and written, each array once; 0 where the kernel does not say
 */
public record KernelTime(String kernel, int runs, double seconds, double flops, double bytes) {

    /** Of both together; the name is this one's. */
    public KernelTime plus(KernelTime other) {
        return new KernelTime(kernel, runs + other.runs, seconds + other.seconds, flops + other.flops, bytes + other.bytes);
    }
}
