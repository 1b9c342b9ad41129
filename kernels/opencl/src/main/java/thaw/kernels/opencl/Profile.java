package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_event;
import thaw.kernels.DeviceProfile;
import thaw.kernels.KernelTime;

/** The run time of each kernel, by the clock of the device. Thread-safe. */
final class Profile implements DeviceProfile, AutoCloseable {

    /**
     * The work of one run of a kernel.
     *
     * @param flops floating-point operations
     * @param bytes read and written, each once
     */
    record Work(double flops, double bytes) {
        static final Work UNKNOWN = new Work(0, 0);
    }

    private record Run(String kernel, Work work, cl_event event) {
    }

    private static final int RUNS_BEFORE_READING = 4096;

    private final OpenClDevices.Handle device;
    private final ObjectCount objects;
    private final List<Run> pending = new ArrayList<>();
    private final Map<String, KernelTime> times = new LinkedHashMap<>();

    Profile(OpenClDevices.Handle device, ObjectCount objects) {
        this.device = device;
        this.objects = objects;
    }

    /** Takes ownership of the event of an enqueued kernel. */
    synchronized void add(String kernel, Work work, cl_event event) {
        objects.events.incrementAndGet();
        pending.add(new Run(kernel, work, event));
        if (pending.size() >= RUNS_BEFORE_READING) {
            settle();
        }
    }

    @Override
    public synchronized List<KernelTime> kernelTimes() {
        settle();
        return times.values().stream().sorted(Comparator.comparingDouble(KernelTime::seconds).reversed()).toList();
    }

    @Override
    public synchronized void resetKernelTimes() {
        settle();
        times.clear();
    }

    @Override
    public Peaks peaks() {
        return PeakMeasurement.measure(device);
    }

    private void settle() {
        for (Run run : pending) {
            CL.clWaitForEvents(1, new cl_event[] {run.event});
            long nanoseconds = time(run.event, CL.CL_PROFILING_COMMAND_END) - time(run.event, CL.CL_PROFILING_COMMAND_START);
            times.merge(run.kernel, new KernelTime(run.kernel, 1, nanoseconds / 1e9, run.work.flops, run.work.bytes),
                    KernelTime::plus);
        }
        close();
    }

    private static long time(cl_event event, int which) {
        long[] nanoseconds = new long[1];
        CL.clGetEventProfilingInfo(event, which, Sizeof.cl_ulong, Pointer.to(nanoseconds), null);
        return nanoseconds[0];
    }

    /** Discards the runs that were not read. */
    @Override
    public synchronized void close() {
        for (Run run : pending) {
            CL.clReleaseEvent(run.event);
            objects.events.decrementAndGet();
        }
        pending.clear();
    }
}
