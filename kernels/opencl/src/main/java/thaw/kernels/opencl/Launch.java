package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;

/**
 * One run of a kernel: its arguments in the kernel's order, then its range of work-items. {@link #over}, {@link #groups}
 * and {@link #run} enqueue it without waiting; nothing happens before.
 */
final class Launch {

    /** Work-items per group if the kernel has no preference: as many as GPUs need to hide memory latency. */
    static final int GROUP = 256;

    private record Argument(long bytes, Pointer value) {
    }

    private final CommandQueue queue;
    private final CompiledKernel kernel;
    private final List<Argument> arguments = new ArrayList<>(12);
    private Profile.Work work = Profile.Work.UNKNOWN;

    Launch(CommandQueue queue, CompiledKernel kernel) {
        this.queue = queue;
        this.kernel = kernel;
    }

    /** A {@code global float *}; null gives a null pointer. */
    Launch array(OpenClArray x) {
        return add(Sizeof.cl_mem, x == null ? null : Pointer.to(x.buffer()));
    }

    /** Like {@link #array}, for memory whose shape does not matter. */
    Launch memory(OpenClStorage x) {
        return add(Sizeof.cl_mem, Pointer.to(x.memory()));
    }

    /** An {@code int}; several values form an {@code int2}, {@code int4} … or a struct of that many ints. */
    Launch ints(int... values) {
        return add((long) Sizeof.cl_int * values.length, Pointer.to(values));
    }

    /** Like {@link #ints}, for floats. */
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

    /** A {@code local float *} to this many floats, shared by a work-group. */
    Launch local(int floats) {
        return add((long) Sizeof.cl_float * floats, null);
    }

    /** The run's work, for the profile: arithmetic operations, and bytes read and written. */
    Launch work(double flops, double bytes) {
        work = new Profile.Work(flops, bytes);
        return this;
    }

    private Launch add(long bytes, Pointer value) {
        arguments.add(new Argument(bytes, value));
        return this;
    }

    /** Runs over at least this many work-items in one dimension, in whole work-groups; the kernel skips those beyond. */
    void over(long items) {
        int group = kernel.groupSize(GROUP);
        groups((items + group - 1) / group, group);
    }

    /** Runs this many work-groups, in one dimension, of {@code size} work-items each. */
    void groups(long groups, int size) {
        run(new long[] {groups * size}, new long[] {size});
    }

    /**
     * Runs over a range of one to three dimensions.
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
