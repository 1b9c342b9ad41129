package thaw.kernels.opencl;

import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jocl.Pointer;
import org.jocl.cl_event;
import org.jocl.cl_mem;
import org.jocl.cl_program;
import thaw.kernels.KernelTime;

/**
 * A device that only counts: it has a graphics card's properties, but no driver. Memory is counted and not there, kernels
 * are listed and not run, and what is read is left as it was. Operators take the same ways through Java as on the card.
 */
final class DryQueue implements CommandQueue {

    /** An NVIDIA H100, as its driver 550 describes it. */
    static final OpenClDevice H100 = new OpenClDevice(0, "dry H100", OpenClDevice.Type.DISCRETE_GPU, "NVIDIA Corporation", "NVIDIA CUDA",
            "OpenCL 3.0 CUDA", "OpenCL 3.0 CUDA", "dry", 132, 1980, 80L << 30, 20L << 30, 48 << 10, true, 1, 1024, false);
    private static final long ARGUMENT_BYTES = 4352;

    private final OpenClDevice device;
    private final ObjectCount objects = new ObjectCount();
    private final BufferPool pool;
    private final Map<String, KernelTime> kernels = new TreeMap<>();
    private final Map<cl_program, String> programs = new IdentityHashMap<>();
    private final Set<String> built = new TreeSet<>();
    private final Set<String> used = new TreeSet<>();
    private boolean open = true;

    DryQueue(OpenClDevice device) {
        this.device = device;
        pool = new BufferPool(this, device.memory());
    }

    /** The runs of each kernel, with their operations and bytes, and no times; most bytes first. */
    synchronized List<KernelTime> kernels() {
        return kernels.values().stream().sorted(Comparator.comparingDouble(KernelTime::bytes).reversed()).toList();
    }

    /** The files compiled since the last reset, each with its options. */
    synchronized Set<String> built() {
        return new TreeSet<>(built);
    }

    /** Those of which a kernel was asked for. */
    synchronized Set<String> used() {
        return new TreeSet<>(used);
    }

    synchronized void reset() {
        kernels.clear();
        built.clear();
        used.clear();
    }

    @Override
    public synchronized void run(CompiledKernel kernel, Runnable setArguments, long[] global, long[] local, Profile.Work work) {
        for (int i = 0; i < global.length; i++) {
            if (global[i] % local[i] != 0) {
                throw new AssertionError(kernel.name() + ": the range is not whole work-groups");
            }
        }
        kernels.merge(kernel.name(), new KernelTime(kernel.name(), 1, 0, work.flops(), work.bytes()), KernelTime::plus);
    }

    @Override
    public synchronized void copy(cl_mem from, cl_mem to, long bytes) {
        kernels.merge("copy", new KernelTime("copy", 1, 0, 0, 2.0 * bytes), KernelTime::plus);
    }

    @Override
    public synchronized cl_event copy(cl_mem from, cl_mem to, long offset, long bytes) {
        copy(from, to, bytes);
        return new cl_event();
    }

    @Override
    public synchronized cl_program build(String file, String options) {
        cl_program program = new cl_program();
        programs.put(program, file + options.replace("-cl-std=CL1.2", ""));
        built.add(programs.get(program));
        return program;
    }

    @Override
    public synchronized CompiledKernel kernel(cl_program program, String file, String name) {
        used.add(programs.get(program));
        return new CompiledKernel(name, null, device.largestWorkGroup());
    }

    @Override
    public OpenClDevice device() {
        return device;
    }

    @Override
    public BufferPool pool() {
        return pool;
    }

    @Override
    public ObjectCount objects() {
        return objects;
    }

    @Override
    public Profile profile() {
        return null;
    }

    @Override
    public long argumentBytes() {
        return ARGUMENT_BYTES;
    }

    @Override
    public cl_mem createBuffer(long bytes) {
        return new cl_mem();
    }

    @Override
    public cl_mem createStaging(long bytes) {
        return new cl_mem();
    }

    @Override
    public Pinned pin(long bytes) {
        return new Pinned(new cl_mem(), ByteBuffer.allocateDirect((int) bytes));
    }

    @Override
    public cl_event write(Pointer from, cl_mem to, long offset, long bytes) {
        return new cl_event();
    }

    @Override
    public boolean hasHappened(cl_event event) {
        return true;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void requireOpen() {
        if (!open) {
            throw new IllegalStateException("the dry device is closed");
        }
    }

    @Override
    public void close() {
        open = false;
    }

    // ---- nothing to be done -------------------------------------------------------------------------------------

    @Override
    public void upload(Pointer from, cl_mem to, long bytes) {
    }

    @Override
    public void read(cl_mem from, long offset, long bytes, Pointer to) {
    }

    @Override
    public void await(cl_event event) {
    }

    @Override
    public void finish() {
    }

    @Override
    public void release(cl_program program) {
    }

    @Override
    public void release(CompiledKernel kernel) {
    }

    @Override
    public void release(cl_event event) {
    }

    @Override
    public void releaseBuffer(cl_mem buffer) {
    }

    @Override
    public void releaseStaging(cl_mem buffer) {
    }

    @Override
    public void unpin(Pinned pinned) {
    }
}
