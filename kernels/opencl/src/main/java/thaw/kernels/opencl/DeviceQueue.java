package thaw.kernels.opencl;

import java.nio.ByteBuffer;
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

/**
 * A device's context and its in-order queue, shared by all threads: commands run in the order in which they were enqueued,
 * so each sees the writes of all earlier ones, whichever thread enqueued them. A second queue takes values to the device
 * meanwhile. Thread-safe.
 */
final class DeviceQueue implements AutoCloseable {

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
    private int unflushed;
    private volatile boolean closed;

    /**
     * @param memoryLimit bytes that all arrays together may take
     * @param profiled    whether the device records when each kernel begins and ends
     */
    @SuppressWarnings("deprecation") // its successor is not in OpenCL 1.2, which some devices have
    DeviceQueue(OpenClDevices.Handle handle, long memoryLimit, boolean profiled) {
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
        pool = new BufferPool(this, Math.min(memoryLimit, device.memory()));
    }

    OpenClDevice device() {
        return device;
    }

    cl_device_id id() {
        return id;
    }

    cl_context context() {
        return context;
    }

    BufferPool pool() {
        return pool;
    }

    ObjectCount objects() {
        return objects;
    }

    /** The times of the kernels run so far, or null if the queue does not record them. */
    Profile profile() {
        return profile;
    }

    /** @throws CLException if the driver refuses */
    cl_mem createBuffer(long bytes) {
        cl_mem buffer = CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE, bytes, null, null);
        objects.buffers.incrementAndGet();
        return buffer;
    }

    void releaseBuffer(cl_mem buffer) {
        CL.clReleaseMemObject(buffer);
        objects.buffers.decrementAndGet();
    }

    /**
     * Enqueues a kernel. Its arguments are set and it is enqueued under one lock, because a kernel object holds its
     * arguments.
     *
     * @param local null lets the driver choose
     * @param work  the kernel's operations and memory traffic, for the profile
     */
    void run(CompiledKernel kernel, Runnable setArguments, long[] global, long[] local, Profile.Work work) {
        enqueue(kernel.name(), () -> {
            setArguments.run();
            cl_event event = profile == null ? null : new cl_event();
            CL.clEnqueueNDRangeKernel(queue, kernel.kernel(), global.length, null, global, local, 0, null, event);
            if (profile != null) {
                profile.add(kernel.name(), work, event);
            }
        });
    }

    /** Enqueues a copy of the first bytes of one buffer to another. */
    void copy(cl_mem from, cl_mem to, long bytes) {
        if (bytes == 0) {
            return;
        }
        enqueue("copying an array", () -> CL.clEnqueueCopyBuffer(queue, from, to, 0, 0, bytes, 0, null, null));
    }

    /** Pinned host memory, and the buffer that it belongs to. */
    record Pinned(cl_mem buffer, ByteBuffer bytes) {
    }

    /** Host memory that the device can read by itself, to be released by {@link #unpin}. */
    Pinned pin(long bytes) {
        requireOpen();
        try {
            cl_mem buffer = CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE | CL.CL_MEM_ALLOC_HOST_PTR, bytes, null, null);
            return new Pinned(buffer, CL.clEnqueueMapBuffer(uploads, buffer, true, CL.CL_MAP_READ | CL.CL_MAP_WRITE, 0, bytes, 0,
                    null, null, null));
        } catch (CLException failure) {
            throw OpenClException.of("reserving memory for uploads", failure);
        }
    }

    void unpin(Pinned pinned) {
        CL.clEnqueueUnmapMemObject(uploads, pinned.buffer, pinned.bytes, 0, null, null);
        CL.clFinish(uploads);
        CL.clReleaseMemObject(pinned.buffer);
    }

    /** A buffer for values on their way, which is no array's and does not count as one. */
    cl_mem createStaging(long bytes) {
        try {
            return CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE, bytes, null, null);
        } catch (CLException failure) {
            throw OpenClException.of("reserving memory for uploads", failure);
        }
    }

    void releaseStaging(cl_mem buffer) {
        CL.clReleaseMemObject(buffer);
    }

    /** Copies from host memory, while the kernels enqueued so far may run; waits for the copy alone. */
    void upload(Pointer from, cl_mem to, long bytes) {
        requireOpen();
        try {
            // Blocking: JOCL starts a thread that waits for each copy that is not.
            CL.clEnqueueWriteBuffer(uploads, to, true, 0, bytes, from, 0, null, null);
        } catch (CLException failure) {
            throw OpenClException.of("copying to the device", failure);
        }
    }

    /**
     * Enqueues a copy from host memory, which must not change until the event has completed.
     *
     * @return the event, for the caller to release
     */
    cl_event write(Pointer from, cl_mem to, long offset, long bytes) {
        cl_event event = new cl_event();
        enqueue("copying to the device", () -> {
            CL.clEnqueueWriteBuffer(queue, to, false, offset, bytes, from, 0, null, event);
            objects.events.incrementAndGet();
        });
        return event;
    }

    /**
     * Enqueues a copy of the first bytes of one buffer to another.
     *
     * @return its event, for the caller to release
     */
    cl_event copy(cl_mem from, cl_mem to, long offset, long bytes) {
        cl_event event = new cl_event();
        enqueue("copying to the device", () -> {
            CL.clEnqueueCopyBuffer(queue, from, to, 0, offset, bytes, 0, null, event);
            objects.events.incrementAndGet();
        });
        return event;
    }

    /** Waits for all earlier commands, and copies to host memory. */
    void read(cl_mem from, long offset, long bytes, Pointer to) {
        requireOpen();
        try {
            // Not under the lock: other threads enqueue meanwhile.
            CL.clEnqueueReadBuffer(queue, from, true, offset, bytes, to, 0, null, null);
        } catch (CLException failure) {
            throw OpenClException.of("waiting for the device's result", failure);
        }
    }

    void release(cl_event event) {
        CL.clReleaseEvent(event);
        objects.events.decrementAndGet();
    }

    boolean hasHappened(cl_event event) {
        int[] status = new int[1];
        CL.clGetEventInfo(event, CL.CL_EVENT_COMMAND_EXECUTION_STATUS, Sizeof.cl_int, Pointer.to(status), null);
        return status[0] <= CL.CL_COMPLETE;
    }

    void await(cl_event event) {
        try {
            CL.clFlush(queue);
            CL.clWaitForEvents(1, new cl_event[] {event});
        } catch (CLException failure) {
            throw OpenClException.of("waiting for the device", failure);
        }
    }

    /** Waits for all enqueued commands. */
    void finish() {
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

    boolean isOpen() {
        return !closed;
    }

    /**
     * Must be called before a handle is used, because drivers dereference released handles.
     *
     * @throws IllegalStateException if the queue is closed
     */
    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the OpenCL device " + device + " is closed; open it again");
        }
    }

    /** Waits for the device, then releases the buffers, the queue and the context. */
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
