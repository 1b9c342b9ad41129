package thaw.kernels.opencl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;

/**
 * A kernel, compiled for one device.
 *
 * @param largestGroup the most work-items per work-group of this kernel on this device:
 *     {@code CL_KERNEL_WORK_GROUP_SIZE}, which depends on the registers that it needs and may be less than the device's
 *     own limit
 */
record CompiledKernel(String name, cl_kernel kernel, int largestGroup) {

    static CompiledKernel of(String name, cl_kernel kernel, cl_device_id device) {
        byte[] bytes = new byte[Sizeof.size_t];
        CL.clGetKernelWorkGroupInfo(kernel, device, CL.CL_KERNEL_WORK_GROUP_SIZE, Sizeof.size_t, Pointer.to(bytes), null);
        ByteBuffer value = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        long largest = Sizeof.size_t == 4 ? value.getInt() : value.getLong();
        return new CompiledKernel(name, kernel, (int) Math.max(1, Math.min(Integer.MAX_VALUE, largest)));
    }

    /** The same kernel, listed in the profile under another name, that of its purpose. */
    CompiledKernel named(String purpose) {
        return new CompiledKernel(purpose, kernel, largestGroup);
    }

    /** The largest power of two up to {@code wanted} that the device allows. */
    int groupSize(int wanted) {
        return Integer.highestOneBit(Math.min(wanted, largestGroup));
    }
}
