package thaw.kernels.opencl;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import thaw.kernels.BackendProvider;

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
 * @param dedicatedLocalMemory  whether they are storage of their own, rather than global memory
 * @param preferredFloatWidth floats in the driver's preferred vectors, 1 if it vectorises by itself
 * @param largestWorkGroup    work-items per work-group; a kernel may allow fewer
 * @param sharesHostMemory    whether its memory is the CPU's
 */
public record OpenClDevice(int index, String name, Type type, String vendor, String platform, String platformVersion,
        String version, String driver, int computeUnits, int clockMHz, long memory, long largestAllocation, long localMemory,
        boolean dedicatedLocalMemory, int preferredFloatWidth, int largestWorkGroup, boolean sharesHostMemory) {

    private static final long MEBIBYTE = 1 << 20;
    private static final long KIBIBYTE = 1 << 10;

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

    /** The device as {@link OpenClProvider} offers it; memory sizes among the properties are in bytes. */
    BackendProvider.Offer offer() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("device", name);
        properties.put("type", type.label());
        properties.put("vendor", vendor);
        properties.put("platform", platform);
        properties.put("platform_version", platformVersion);
        properties.put("version", version);
        properties.put("driver", driver);
        properties.put("compute_units", computeUnits);
        properties.put("clock_mhz", clockMHz);
        properties.put("memory", memory);
        properties.put("largest_allocation", largestAllocation);
        properties.put("local_memory", localMemory);
        properties.put("dedicated_local_memory", dedicatedLocalMemory);
        properties.put("preferred_float_width", preferredFloatWidth);
        properties.put("largest_work_group", largestWorkGroup);
        properties.put("shares_host_memory", sharesHostMemory);
        return new BackendProvider.Offer("opencl:" + index, String.format(Locale.ROOT, """
                %s
                %s of %s; driver %s, %s on platform %s
                %d compute units at %d MHz, work-groups of up to %d, floats preferred in vectors of %d
                memory %,d MiB%s, largest allocation %,d MiB, local %,d KiB""", name, type.label(), vendor, driver, version, platform,
                computeUnits, clockMHz, largestWorkGroup, preferredFloatWidth, memory / MEBIBYTE,
                sharesHostMemory ? " (shared with the processor)" : "", largestAllocation / MEBIBYTE, localMemory / KIBIBYTE), properties);
    }

    /** {@code "0: NVIDIA GeForce RTX 2070 (discrete gpu, NVIDIA CUDA)"} */
    @Override
    public String toString() {
        return index + ": " + name + " (" + type.label() + ", " + platform + ")";
    }
}
