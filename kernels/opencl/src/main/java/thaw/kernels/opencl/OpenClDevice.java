package thaw.kernels.opencl;

import java.util.Locale;

/**
 * A device's properties, as its driver reports them.
 *
 * @param index               its index among all devices of all platforms, for {@link OpenClBackend#open(int)}
 * @param platform            the platform of its driver: {@code "NVIDIA CUDA"}
 * @param computeUnits        multiprocessors of a graphics card, threads of a CPU
 * @param clockMHz            the highest clock; some drivers report 0
 * @param memory              bytes of global memory; an integrated device shares them with the CPU
 * @param largestAllocation   bytes that one array may have
 * @param localMemory         bytes that a work-group may share
 * @param preferredFloatWidth floats in the driver's preferred vectors, 1 if it vectorises by itself
 * @param largestWorkGroup    work-items per work-group; a kernel may allow fewer
 * @param sharesHostMemory    whether its memory is the CPU's
 */
public record OpenClDevice(int index, String name, Type type, String vendor, String platform, String platformVersion,
        String version, String driver, int computeUnits, int clockMHz, long memory, long largestAllocation, long localMemory,
        int preferredFloatWidth, int largestWorkGroup, boolean sharesHostMemory) {

    /** The kind of hardware. */
    public enum Type {
        /** A graphics card with its own memory. */
        DISCRETE_GPU,
        /** A graphics processor that shares the CPU's memory. */
        INTEGRATED_GPU,
        /** Hardware for computing that is no graphics processor. */
        ACCELERATOR,
        /** The CPU itself, through OpenCL. */
        CPU;

        /** The type in words, for users: {@code "discrete gpu"}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** {@code "0: NVIDIA GeForce RTX 2070 (discrete gpu, NVIDIA CUDA)"} */
    @Override
    public String toString() {
        return index + ": " + name + " (" + type.label() + ", " + platform + ")";
    }
}
