package thaw.kernels;

import java.util.List;

/** What a device tells of the work that it does behind the caller's back; see {@link Backend#profile}. */
public interface DeviceProfile {

    /** How long each kernel has run since the last {@link #resetKernelTimes}, the longest first; waits for the device. */
    List<KernelTime> kernelTimes();

    /** Forgets what has run, as after warming up. */
    void resetKernelTimes();

    /** Measures what the device can do at best; takes a few seconds, and memory. */
    Peaks peaks();

    /**
     * What a device can do at best, as kernels measure that do nothing else.
     *
     * @param gflops         arithmetic, by multiply-adds, in GFLOP/s
     * @param gigabytes      memory read and written by a copy, in GB/s
     */
    record Peaks(double gflops, double gigabytes) {
    }
}
