package thaw.kernels.opencl;

import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_event;
import org.jocl.cl_mem;
import org.jocl.cl_program;

/** A device's context and its in-order queue, shared by all threads. A second queue takes values to the device meanwhile. */
final class DeviceQueue implements CommandQueue {

    /** The number of commands after which the queue is flushed; some drivers start nothing without a flush. */
    private static final int COMMANDS_BEFORE_FLUSH = 16;

    private final OpenClDevice device;
    private final cl_device_id id;
    private final cl_context context;
    private final cl_command_queue queue;
    private final cl_command_queue uploads;
    private final ObjectCount objects = new ObjectCount();
    private final BufferPool pool;
    private final Profile profile;
    private final ProgramCompiler compiler;
    private int unflushed;
    private volatile boolean closed;

    /**
     * @param memoryLimit bytes that all arrays together may take
     * @param profiled    whether the device records when each kernel begins and ends
     * @param cache       of compiled programs
     */
    @SuppressWarnings("deprecation") // its successor is not in OpenCL 1.2, which some devices have
    DeviceQueue(OpenClDevices.Handle handle, long memoryLimit, boolean profiled, ProgramCache cache) {
        device = handle.device();
        id = handle.id();
        try {
            cl_context_properties properties = new cl_context_properties();
            properties.addProperty(CL.CL_CONTEXT_PLATFORM, handle.platform());
            context = CL.clCreateContext(properties, 1, new cl_device_id[] {id}, null, null, null);
        } catch (CLException failure) {
            throw OpenClException.of("opening device " + device, failure);
        }
        try {
            queue = CL.clCreateCommandQueue(context, id, profiled ? CL.CL_QUEUE_PROFILING_ENABLE : 0, null);
            uploads = CL.clCreateCommandQueue(context, id, 0, null);
        } catch (CLException failure) {
            CL.clReleaseContext(context);
            throw OpenClException.of("creating a queue on device " + device, failure);
        }
        profile = profiled ? new Profile(handle, objects) : null;
        compiler = new ProgramCompiler(handle, context, cache);
        pool = new BufferPool(this, Math.min(memoryLimit, device.memory()));
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
        return profile;
    }

    @Override
    public long argumentBytes() {
        return OpenClDevices.size(id, CL.CL_DEVICE_MAX_PARAMETER_SIZE);
    }

    @Override
    public cl_program build(String file, String options) {
        cl_program program = compiler.build(file, options);
        objects.programs.incrementAndGet();
        return program;
    }

    @Override
    public CompiledKernel kernel(cl_program program, String file, String name) {
        try {
            CompiledKernel kernel = CompiledKernel.of(name, CL.clCreateKernel(program, name, null), id);
            objects.kernels.incrementAndGet();
            return kernel;
        } catch (CLException failure) {
            throw OpenClException.of("creating the kernel " + name + " of " + file, failure);
        }
    }

    @Override
    public void release(cl_program program) {
        CL.clReleaseProgram(program);
        objects.programs.decrementAndGet();
    }

    @Override
    public void release(CompiledKernel kernel) {
        CL.clReleaseKernel(kernel.kernel());
        objects.kernels.decrementAndGet();
    }

    @Override
    public cl_mem createBuffer(long bytes) {
        cl_mem buffer = CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE, bytes, null, null);
        objects.buffers.incrementAndGet();
        return buffer;
    }

    @Override
    public void releaseBuffer(cl_mem buffer) {
        CL.clReleaseMemObject(buffer);
        objects.buffers.decrementAndGet();
    }

    /** Arguments are set and the kernel is enqueued under one lock, because a kernel object holds its arguments. */
    @Override
    public void run(CompiledKernel kernel, Runnable setArguments, long[] global, long[] local, Profile.Work work) {
        enqueue(kernel.name(), () -> {
            setArguments.run();
            cl_event event = profile == null ? null : new cl_event();
            CL.clEnqueueNDRangeKernel(queue, kernel.kernel(), global.length, null, global, local, 0, null, event);
            if (profile != null) {
                profile.add(kernel.name(), work, event);
            }
        });
    }

    @Override
    public void copy(cl_mem from, cl_mem to, long bytes) {
        if (bytes == 0) {
            return;
        }
        enqueue("copying an array", () -> CL.clEnqueueCopyBuffer(queue, from, to, 0, 0, bytes, 0, null, null));
    }

    @Override
    public Pinned pin(long bytes) {
        requireOpen();
        try {
            cl_mem buffer = CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE | CL.CL_MEM_ALLOC_HOST_PTR, bytes, null, null);
            return new Pinned(buffer, CL.clEnqueueMapBuffer(uploads, buffer, true, CL.CL_MAP_READ | CL.CL_MAP_WRITE, 0, bytes, 0,
                    null, null, null));
        } catch (CLException failure) {
            throw OpenClException.of("reserving memory for uploads", failure);
        }
    }

    @Override
    public void unpin(Pinned pinned) {
        CL.clEnqueueUnmapMemObject(uploads, pinned.buffer(), pinned.bytes(), 0, null, null);
        CL.clFinish(uploads);
        CL.clReleaseMemObject(pinned.buffer());
    }

    @Override
    public cl_mem createStaging(long bytes) {
        try {
            return CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE, bytes, null, null);
        } catch (CLException failure) {
            throw OpenClException.of("reserving memory for uploads", failure);
        }
    }

    @Override
    public void releaseStaging(cl_mem buffer) {
        CL.clReleaseMemObject(buffer);
    }

    @Override
    public void upload(Pointer from, cl_mem to, long bytes) {
        requireOpen();
        try {
            // Blocking: JOCL starts a thread that waits for each copy that is not.
            CL.clEnqueueWriteBuffer(uploads, to, true, 0, bytes, from, 0, null, null);
        } catch (CLException failure) {
            throw OpenClException.of("copying to the device", failure);
        }
    }

    @Override
    public cl_event write(Pointer from, cl_mem to, long offset, long bytes) {
        cl_event event = new cl_event();
        enqueue("copying to the device", () -> {
            CL.clEnqueueWriteBuffer(queue, to, false, offset, bytes, from, 0, null, event);
            objects.events.incrementAndGet();
        });
        return event;
    }

    @Override
    public cl_event copy(cl_mem from, cl_mem to, long offset, long bytes) {
        cl_event event = new cl_event();
        enqueue("copying to the device", () -> {
            CL.clEnqueueCopyBuffer(queue, from, to, 0, offset, bytes, 0, null, event);
            objects.events.incrementAndGet();
        });
        return event;
    }

    @Override
    public void read(cl_mem from, long offset, long bytes, Pointer to) {
        requireOpen();
        try {
            // Not under the lock: other threads enqueue meanwhile.
            CL.clEnqueueReadBuffer(queue, from, true, offset, bytes, to, 0, null, null);
        } catch (CLException failure) {
            throw OpenClException.of("waiting for the device's result", failure);
        }
    }

    @Override
    public void release(cl_event event) {
        CL.clReleaseEvent(event);
        objects.events.decrementAndGet();
    }

    @Override
    public boolean hasHappened(cl_event event) {
        int[] status = new int[1];
        CL.clGetEventInfo(event, CL.CL_EVENT_COMMAND_EXECUTION_STATUS, Sizeof.cl_int, Pointer.to(status), null);
        return status[0] <= CL.CL_COMPLETE;
    }

    @Override
    public void await(cl_event event) {
        try {
            CL.clFlush(queue);
            CL.clWaitForEvents(1, new cl_event[] {event});
        } catch (CLException failure) {
            throw OpenClException.of("waiting for the device", failure);
        }
    }

    @Override
    public void finish() {
        requireOpen();
        try {
            CL.clFinish(queue);
        } catch (CLException failure) {
            throw OpenClException.of("waiting for the device", failure);
        }
    }

    /**
     * Enqueues a command. Drivers that allocate memory on first use can run out of it here; then the pool's idle buffers
     * are released and the command is tried again.
     */
    private synchronized void enqueue(String what, Runnable command) {
        requireOpen();
        try {
            command.run();
        } catch (CLException failure) {
            if (!BufferPool.isOutOfMemory(failure)) {
                throw OpenClException.of(what, failure);
            }
            finish();
            pool.clear();
            try {
                command.run();
            } catch (CLException still) {
                throw BufferPool.isOutOfMemory(still) ? pool.exhausted(what, still) : OpenClException.of(what, still);
            }
        }
        if (++unflushed >= COMMANDS_BEFORE_FLUSH) {
            CL.clFlush(queue);
            unflushed = 0;
        }
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the OpenCL device " + device + " is closed; open it again");
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        CL.clFinish(queue);
        closed = true;
        if (profile != null) {
            profile.close();
        }
        pool.close();
        CL.clReleaseCommandQueue(uploads);
        CL.clReleaseCommandQueue(queue);
        CL.clReleaseContext(context);
    }
}
