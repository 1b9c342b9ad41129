package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;

/**
 * One run of a kernel: its arguments, named in the kernel's order, and then over how many work-items it runs. Nothing
 * happens before {@link #over}, {@link #groups} or {@link #run}, which enqueue it and do not wait.
 */
final class Launch {

    /** Work-items of a group, where the kernel has no wish: what GPUs need to hide a memory's latency, and no more. */
    static final int GROUP = 256;

    private record Argument(long bytes, Pointer value) {
    }

    private final DeviceQueue queue;
    private final CompiledKernel kernel;
    private final List<Argument> arguments = new ArrayList<>(12);
    private Profile.Work work = Profile.Work.UNKNOWN;

    Launch(DeviceQueue queue, CompiledKernel kernel) {
        this.queue = queue;
        this.kernel = kernel;
    }

    /** A {@code global float *}; for null the kernel gets a null pointer. */
    Launch array(OpenClArray x) {
        return add(Sizeof.cl_mem, x == null ? null : Pointer.to(x.buffer()));
    }

    /** As {@link #array}, for memory whose shape doesn't matter. */
    Launch memory(OpenClStorage x) {
        return add(Sizeof.cl_mem, Pointer.to(x.memory()));
    }

    /** An {@code int}; several numbers are an {@code int2}, {@code int4} … or a struct of so many ints. */
    Launch ints(int... values) {
        return add((long) Sizeof.cl_int * values.length, Pointer.to(values));
    }

    /** As {@link #ints}, for floats. */
    Launch floats(double... values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return add((long) Sizeof.cl_float * values.length, Pointer.to(rounded));
    }

    /** A {@code ulong}. */
    Launch bits(long value) {
        return add(Sizeof.cl_ulong, Pointer.to(new long[] {value}));
    }

    /** A {@code local float *} to so many floats that a work-group shares. */
    Launch local(int floats) {
        return add((long) Sizeof.cl_float * floats, null);
    }

    /** What the run computes and moves, for the profile: arithmetic operations, and bytes read and written. */
    Launch work(double flops, double bytes) {
        work = new Profile.Work(flops, bytes);
        return this;
    }

    private Launch add(long bytes, Pointer value) {
        arguments.add(new Argument(bytes, value));
        return this;
    }

    /** Runs it over at least so many work-items in one dimension, in whole work-groups: the kernel leaves out those beyond. */
    void over(long items) {
        int group = kernel.groupSize(GROUP);
        groups((items + group - 1) / group, group);
    }

    /** Runs so many work-groups, in one dimension, of so many work-items. */
    void groups(long groups, int size) {
        run(new long[] {groups * size}, new long[] {size});
    }

    /**
     * Runs it over a range of one to three dimensions.
     *
     * @param local the extents of a work-group, which divide those of the range
     * @throws OpenClException if the work-group has more work-items than the device allows for this kernel
     */
    void run(long[] global, long[] local) {
        long items = 1;
        long group = 1;
        for (int i = 0; i < global.length; i++) {
            items *= global[i];
            group *= local[i];
        }
        if (group > kernel.largestGroup()) {
            throw new OpenClException("OpenCL: a work-group of " + kernel.name() + " has " + group + " work-items, and "
                    + queue.device() + " allows " + kernel.largestGroup());
        }
        if (items > 0) {
            queue.run(kernel, this::setArguments, global, local, work);
        }
    }

    private void setArguments() {
        for (int i = 0; i < arguments.size(); i++) {
            CL.clSetKernelArg(kernel.kernel(), i, arguments.get(i).bytes, arguments.get(i).value);
        }
    }
}
