package thaw.kernels.opencl;

import java.nio.ByteBuffer;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.cl_event;
import org.jocl.cl_mem;
import org.jocl.cl_program;

/**
 * The operators' access to a device: it compiles, keeps buffers, and runs commands in the order in which they are
 * enqueued, so that each sees the writes of all earlier ones, whichever thread enqueued them. Thread-safe.
 */
interface CommandQueue extends AutoCloseable {

    /** Pinned host memory, and the buffer that it belongs to. */
    record Pinned(cl_mem buffer, ByteBuffer bytes) {
    }

    OpenClDevice device();

    BufferPool pool();

    ObjectCount objects();

    /** The times of the kernels run so far, or null if the queue does not record them. */
    Profile profile();

    /** The most bytes that all arguments of a kernel may take together. */
    long argumentBytes();

    // ---- compilation --------------------------------------------------------------------------------------------

    /**
     * Compiles a file of this package's resources; several threads may do so at once.
     *
     * @param options for the compiler: {@code "-cl-std=CL1.2 -D TILE=16"}
     * @throws OpenClException with the compiler's first error; the whole log is the cause's message
     */
    cl_program build(String file, String options);

    /** @throws OpenClException if the program has no such kernel, or the driver refuses it */
    CompiledKernel kernel(cl_program program, String file, String name);

    void release(cl_program program);

    void release(CompiledKernel kernel);

    // ---- buffers ------------------------------------------------------------------------------------------------

    /** @throws CLException if the driver refuses */
    cl_mem createBuffer(long bytes);

    void releaseBuffer(cl_mem buffer);

    /** A buffer for values on their way, which is no array's and does not count as one. */
    cl_mem createStaging(long bytes);

    void releaseStaging(cl_mem buffer);

    /** Host memory that the device can read by itself, to be released by {@link #unpin}. */
    Pinned pin(long bytes);

    void unpin(Pinned pinned);

    // ---- commands -----------------------------------------------------------------------------------------------

    /**
     * Enqueues a kernel.
     *
     * @param setArguments sets the kernel's arguments
     * @param local        null lets the driver choose
     * @param work         the kernel's operations and memory traffic
     */
    void run(CompiledKernel kernel, Runnable setArguments, long[] global, long[] local, Profile.Work work);

    /** Enqueues a copy of the first bytes of one buffer to another. */
    void copy(cl_mem from, cl_mem to, long bytes);

    /**
     * Enqueues a copy of the first bytes of one buffer to an offset in another.
     *
     * @return its event, for the caller to release
     */
    cl_event copy(cl_mem from, cl_mem to, long offset, long bytes);

    /** Copies from host memory, while the kernels enqueued so far may run; waits for the copy alone. */
    void upload(Pointer from, cl_mem to, long bytes);

    /**
     * Enqueues a copy from host memory, which must not change until the event has completed.
     *
     * @return the event, for the caller to release
     */
    cl_event write(Pointer from, cl_mem to, long offset, long bytes);

    /** Waits for all earlier commands, and copies to host memory. */
    void read(cl_mem from, long offset, long bytes, Pointer to);

    void release(cl_event event);

    boolean hasHappened(cl_event event);

    void await(cl_event event);

    /** Waits for all enqueued commands. */
    void finish();

    // ---- end ----------------------------------------------------------------------------------------------------

    boolean isOpen();

    /**
     * Must be called before a handle is used, because drivers dereference released handles.
     *
     * @throws IllegalStateException if the queue is closed
     */
    void requireOpen();

    /** Waits for the device, then releases the buffers, the queue and the context. */
    @Override
    void close();
}
