package thaw.kernels.opencl;

import java.util.Locale;

/**
 * What a device says of itself.
 *
 * @param index               its number among all devices of all platforms, as {@link OpenClBackend#open(int)} takes it
 * @param platform            whose driver it is: {@code "NVIDIA CUDA"}
 * @param computeUnits        multiprocessors of a graphics card, threads of a processor
 * @param clockMHz            the highest clock; some drivers say 0
 * @param memory              bytes of global memory; an integrated device shares them with the processor
 * @param largestAllocation   bytes that one array may have
 * @param localMemory         bytes that a work-group may share
 * @param preferredFloatWidth floats of the vectors that the driver likes best, 1 where it vectorises by itself
 * @param largestWorkGroup    work-items of a work-group; a kernel may allow fewer
 * @param sharesHostMemory    whether its memory is the processor's
 */
public record OpenClDevice(int index, String name, Type type, String vendor, String platform, String platformVersion,
        String version, String driver, int computeUnits, int clockMHz, long memory, long largestAllocation, long localMemory,
        int preferredFloatWidth, int largestWorkGroup, boolean sharesHostMemory) {

    /** What kind of hardware a device is. */
    public enum Type {
        /** A graphics card with memory of its own. */
        DISCRETE_GPU,
        /** A graphics processor that shares the processor's memory. */
        INTEGRATED_GPU,
        ACCELERATOR,
        /** The processor itself, behind OpenCL. */
        CPU;

        /** In a word or two for people: {@code "discrete gpu"}. */
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
