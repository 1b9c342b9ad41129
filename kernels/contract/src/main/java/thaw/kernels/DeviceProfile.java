package thaw.kernels;

import java.util.List;

/** Timings and peak rates of an asynchronous device; see {@link Backend#profile}. */
public interface DeviceProfile {

    /** The run time of each kernel since the last {@link #resetKernelTimes}, longest first; waits for the device. */
    List<KernelTime> kernelTimes();

    /** Discards all kernel times, for example after warming up. */
    void resetKernelTimes();

    /** Measures the device's peak rates; takes a few seconds, and memory. */
    Peaks peaks();

    /**
     * A device's peak rates, measured by kernels that do nothing else.
     *
     * @param gflops    arithmetic by multiply-adds, in GFLOP/s
     * @param gigabytes memory read and written by a copy, in GB/s
     */
    record Peaks(double gflops, double gigabytes) {
    }
}
