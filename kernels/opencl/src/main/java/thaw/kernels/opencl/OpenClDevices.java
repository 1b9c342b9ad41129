package thaw.kernels.opencl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/** Finds the OpenCL devices of this machine, numbered in the order in which platforms and drivers report them. */
public final class OpenClDevices {

    /** {@code CL_PLATFORM_NOT_FOUND_KHR}, for which JOCL has no constant. */
    private static final int PLATFORM_NOT_FOUND = -1001;

    /** {@code CL_DEVICE_TYPE_ALL}: 32 ones. JOCL's constant has 64, which some drivers refuse. */
    private static final long EVERY_TYPE = 0xFFFFFFFFL;

    /** Floats that a unit computes at a time, by maker: units of different makers differ by more than an order of magnitude. */
    private static final Map<String, Integer> LANES = Map.of("nvidia", 128, "apple", 128, "intel", 8);
    private static final int USUAL_LANES = 64;

    /** A device with its OpenCL handles. */
    record Handle(cl_platform_id platform, cl_device_id id, OpenClDevice device) {
    }

    private OpenClDevices() {
    }

    /**
     * Every device of every platform, at least one.
     *
     * @throws OpenClException if there is no OpenCL library, no platform, no device, or none whose driver works
     */
    public static List<OpenClDevice> list() {
        return handles().stream().map(Handle::device).toList();
    }

    /**
     * The fastest device by kind and size: a graphics card before an integrated one, and that before the CPU.
     *
     * @throws OpenClException under the conditions of {@link #list}
     */
    public static OpenClDevice best() {
        return list().stream().min(Comparator.comparing(OpenClDevice::type).thenComparing(largestFirst())).orElseThrow();
    }

    /** Orders by compute units, their lanes and clock, a rough comparison of devices of one kind. */
    static Comparator<OpenClDevice> largestFirst() {
        return Comparator.comparingLong(d -> -(long) d.computeUnits() * lanes(d.vendor()) * Math.max(1, d.clockMHz()));
    }

    private static int lanes(String vendor) {
        String maker = vendor.toLowerCase(Locale.ROOT);
        return LANES.entrySet().stream().filter(e -> maker.contains(e.getKey())).map(Map.Entry::getValue).findFirst()
                .orElse(USUAL_LANES);
    }

    /** @throws OpenClException under the conditions of {@link #list}, or if there is no such device */
    static Handle handle(int index) {
        List<Handle> all = handles();
        if (index < 0 || index >= all.size()) {
            throw new OpenClException("OpenCL: there is no device " + index + "; choose one of "
                    + all.stream().map(h -> h.device().toString()).collect(Collectors.joining(", ")));
        }
        return all.get(index);
    }

    /** One thread at a time: the first call initialises the drivers, and not every driver allows two threads to do so. */
    private static synchronized List<Handle> handles() {
        JoclLibrary.require();
        List<Handle> found = new ArrayList<>();
        List<String> broken = new ArrayList<>();
        for (cl_platform_id platform : platforms()) {
            String name = "a platform";
            try {
                name = platformText(platform, CL.CL_PLATFORM_NAME);
                for (cl_device_id device : devices(platform)) {
                    found.add(new Handle(platform, device, describe(found.size(), platform, device)));
                }
            } catch (CLException failure) {
                broken.add(name + " (" + OpenClException.code(failure) + ")");
            }
        }
        if (found.isEmpty() && !broken.isEmpty()) {
            throw new OpenClException("OpenCL: the driver of " + String.join(" and of ", broken)
                    + " does not work; reinstall it, or compute on the CPU");
        }
        if (found.isEmpty()) {
            throw new OpenClException("OpenCL: no driver offers a device; check that the graphics card's driver is installed"
                    + " and that you may use it (on Linux, the groups video and render), or compute on the CPU");
        }
        return found;
    }

    private static cl_platform_id[] platforms() {
        int[] count = new int[1];
        try {
            CL.clGetPlatformIDs(0, null, count);
            cl_platform_id[] platforms = new cl_platform_id[count[0]];
            if (count[0] > 0) {
                CL.clGetPlatformIDs(count[0], platforms, null);
                return platforms;
            }
        } catch (CLException failure) {
            if (failure.getStatus() != PLATFORM_NOT_FOUND) {
                throw OpenClException.of("querying the platforms", failure);
            }
        }
        throw new OpenClException("OpenCL: there is an OpenCL library, but no driver; install your graphics card's driver"
                + " (Debian, Ubuntu: nvidia-opencl-icd, mesa-opencl-icd, intel-opencl-icd; pocl-opencl-icd for the CPU), or"
                + " compute on the CPU");
    }

    private static cl_device_id[] devices(cl_platform_id platform) {
        int[] count = new int[1];
        try {
            CL.clGetDeviceIDs(platform, EVERY_TYPE, 0, null, count);
        } catch (CLException failure) {
            if (failure.getStatus() != CL.CL_DEVICE_NOT_FOUND) {
                throw failure;
            }
            // The count is undefined after a failure.
            return new cl_device_id[0];
        }
        cl_device_id[] devices = new cl_device_id[count[0]];
        if (count[0] > 0) {
            CL.clGetDeviceIDs(platform, EVERY_TYPE, count[0], devices, null);
        }
        return devices;
    }

    @SuppressWarnings("deprecation") // its successor is not in OpenCL 1.2, which some devices have
    private static OpenClDevice describe(int index, cl_platform_id platform, cl_device_id device) {
        boolean shared = integer(device, CL.CL_DEVICE_HOST_UNIFIED_MEMORY) != 0;
        return new OpenClDevice(index, text(device, CL.CL_DEVICE_NAME),
                type(number(device, CL.CL_DEVICE_TYPE), shared), text(device, CL.CL_DEVICE_VENDOR),
                platformText(platform, CL.CL_PLATFORM_NAME), platformText(platform, CL.CL_PLATFORM_VERSION),
                text(device, CL.CL_DEVICE_VERSION), text(device, CL.CL_DRIVER_VERSION),
                integer(device, CL.CL_DEVICE_MAX_COMPUTE_UNITS), integer(device, CL.CL_DEVICE_MAX_CLOCK_FREQUENCY),
                number(device, CL.CL_DEVICE_GLOBAL_MEM_SIZE), number(device, CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE),
                number(device, CL.CL_DEVICE_LOCAL_MEM_SIZE), integer(device, CL.CL_DEVICE_LOCAL_MEM_TYPE) == CL.CL_LOCAL,
                integer(device, CL.CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT),
                (int) Math.min(Integer.MAX_VALUE, size(device, CL.CL_DEVICE_MAX_WORK_GROUP_SIZE)), shared);
    }

    private static OpenClDevice.Type type(long bits, boolean sharesHostMemory) {
        if ((bits & CL.CL_DEVICE_TYPE_GPU) != 0) {
            return sharesHostMemory ? OpenClDevice.Type.INTEGRATED_GPU : OpenClDevice.Type.DISCRETE_GPU;
        }
        return (bits & CL.CL_DEVICE_TYPE_CPU) != 0 ? OpenClDevice.Type.CPU : OpenClDevice.Type.ACCELERATOR;
    }

    private static String platformText(cl_platform_id platform, int what) {
        long[] length = new long[1];
        CL.clGetPlatformInfo(platform, what, 0, null, length);
        byte[] bytes = new byte[(int) length[0]];
        CL.clGetPlatformInfo(platform, what, bytes.length, Pointer.to(bytes), null);
        return text(bytes);
    }

    private static String text(cl_device_id device, int what) {
        long[] length = new long[1];
        CL.clGetDeviceInfo(device, what, 0, null, length);
        byte[] bytes = new byte[(int) length[0]];
        CL.clGetDeviceInfo(device, what, bytes.length, Pointer.to(bytes), null);
        return text(bytes);
    }

    /** Decodes a C string, without its final zero. */
    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).replace("\0", "").strip();
    }

    private static int integer(cl_device_id device, int what) {
        int[] value = new int[1];
        CL.clGetDeviceInfo(device, what, Sizeof.cl_int, Pointer.to(value), null);
        return value[0];
    }

    private static long number(cl_device_id device, int what) {
        long[] value = new long[1];
        CL.clGetDeviceInfo(device, what, Sizeof.cl_long, Pointer.to(value), null);
        return value[0];
    }

    /** A {@code size_t}, of 4 or 8 bytes. */
    static long size(cl_device_id device, int what) {
        byte[] bytes = new byte[Sizeof.size_t];
        CL.clGetDeviceInfo(device, what, bytes.length, Pointer.to(bytes), null);
        ByteBuffer value = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        return bytes.length == 4 ? value.getInt() : value.getLong();
    }
}
