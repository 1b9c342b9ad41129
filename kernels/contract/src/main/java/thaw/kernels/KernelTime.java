package thaw.kernels;

/**
 * Totals over all runs of one device kernel, timed by the device's clock.
 *
 * @param flops floating-point operations; 0 where the kernel does not declare them
 * @param bytes read and written, each array once; 0 where the kernel does not declare them
 */
public record KernelTime(String kernel, int runs, double seconds, double flops, double bytes) {

    /** The totals of this kernel and another one, under this kernel's name. */
    public KernelTime plus(KernelTime other) {
        return new KernelTime(kernel, runs + other.runs, seconds + other.seconds, flops + other.flops, bytes + other.bytes);
    }
}
