package thaw.kernels.opencl;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.cl_mem;
import thaw.kernels.OutOfDeviceMemoryException;

/**
 * A pool of device buffers, which are reused instead of being released, because drivers take long to create them. Sizes
 * are rounded up to one of eight steps per octave, so that at most an eighth is wasted and batches of similar size share
 * buffers.
 *
 * <p>The memory in use and the idle memory together never exceed the limit: before they would, the sizes that have not
 * been taken or given back for the longest time are released. The pool tracks every buffer, and closing it releases them
 * all. Thread-safe.
 */
final class BufferPool {

    /** A buffer and its size, which may exceed the size requested. */
    record Buffer(cl_mem memory, long bytes) {
    }

    private static final class SizeClass {
        private final ArrayDeque<Buffer> idle = new ArrayDeque<>();
        private long lastUse;
    }

    private static final long SMALLEST = 256;
    private static final int STEPS_OF_AN_OCTAVE = 8;
    private static final int SHARE_FOR_KEEPING = 8;
    private static final long MEBIBYTE = 1 << 20;

    private final CommandQueue queue;
    private final long limit;
    private final Map<Long, SizeClass> classes = new TreeMap<>();
    private final Set<Buffer> used = Collections.newSetFromMap(new IdentityHashMap<>());
    private long uses;
    private long usedBytes;
    private long idleBytes;

    BufferPool(CommandQueue queue, long limit) {
        this.queue = queue;
        this.limit = limit;
    }

    /**
     * A buffer of at least {@code asked} bytes, with arbitrary contents.
     *
     * @throws OutOfDeviceMemoryException if it does not fit into the limit, or exceeds the device's largest allocation
     */
    synchronized Buffer take(long asked) {
        queue.requireOpen();
        long largest = queue.device().largestAllocation();
        if (asked > largest) {
            throw new OutOfDeviceMemoryException(message("one array of " + inMebibytes(asked) + " was requested, and the device's"
                    + " largest allocation is " + inMebibytes(largest)), asked, usedBytes, largest, null);
        }
        long bytes = Math.min(roundUp(asked), largest);
        SizeClass size = touch(bytes);
        Buffer buffer = size.idle.poll();
        if (buffer == null) {
            while (idleBytes > 0 && idleBytes + usedBytes + bytes > limit) {
                dropOldest();
            }
            if (usedBytes + bytes > limit) {
                throw exhausted("an array of " + inMebibytes(asked), asked, null);
            }
            buffer = create(asked, bytes);
        } else {
            idleBytes -= bytes;
        }
        usedBytes += bytes;
        used.add(buffer);
        return buffer;
    }

    /** Takes a buffer back. Ignored after the pool was closed, which released the buffer. */
    synchronized void give(Buffer buffer) {
        if (used.remove(buffer)) {
            usedBytes -= buffer.bytes;
            idleBytes += buffer.bytes;
            touch(buffer.bytes).idle.push(buffer);
        }
    }

    private Buffer create(long asked, long bytes) {
        try {
            return new Buffer(queue.createBuffer(bytes), bytes);
        } catch (CLException failure) {
            if (!isOutOfMemory(failure)) {
                throw OpenClException.of("creating a buffer", failure);
            }
            queue.finish();
            clear();
            try {
                return new Buffer(queue.createBuffer(bytes), bytes);
            } catch (CLException still) {
                throw exhausted("an array of " + inMebibytes(asked), asked, still);
            }
        }
    }

    /** The size class of this many bytes, marked as used now. */
    private SizeClass touch(long bytes) {
        SizeClass size = classes.computeIfAbsent(bytes, b -> new SizeClass());
        size.lastUse = uses++;
        return size;
    }

    private void dropOldest() {
        SizeClass oldest = null;
        for (SizeClass size : classes.values()) {
            if (!size.idle.isEmpty() && (oldest == null || size.lastUse < oldest.lastUse)) {
                oldest = size;
            }
        }
        drop(oldest);
    }

    private void drop(SizeClass size) {
        for (Buffer buffer : size.idle) {
            idleBytes -= buffer.bytes;
            queue.releaseBuffer(buffer.memory);
        }
        size.idle.clear();
    }

    /** Releases all idle buffers. */
    synchronized void clear() {
        classes.values().forEach(this::drop);
        classes.clear();
    }

    /** Releases every buffer, whether or not it has been given back. */
    synchronized void close() {
        clear();
        used.forEach(buffer -> queue.releaseBuffer(buffer.memory));
        used.clear();
        usedBytes = 0;
    }

    /** Whether so little is in use that results may be kept for later, rather than computed again. */
    synchronized boolean isPlentiful() {
        return usedBytes < limit / SHARE_FOR_KEEPING;
    }

    synchronized long usedBytes() {
        return usedBytes;
    }

    synchronized long idleBytes() {
        return idleBytes;
    }

    /** The exception for a command that finds less memory than the driver promised. */
    synchronized OutOfDeviceMemoryException exhausted(String what, CLException cause) {
        return exhausted(what, 0, cause);
    }

    private OutOfDeviceMemoryException exhausted(String what, long asked, CLException cause) {
        return new OutOfDeviceMemoryException(message(what + " does not fit beside " + inMebibytes(usedBytes) + " in use; arrays"
                + " may take " + inMebibytes(limit) + " together, and " + inMebibytes(queue.device().largestAllocation())
                + " each"), asked, usedBytes, limit, cause);
    }

    private String message(String what) {
        return "out of memory on " + queue.device().name() + ": " + what + "; use a smaller batch or smaller images";
    }

    private static String inMebibytes(long bytes) {
        return bytes < MEBIBYTE ? bytes / 1024 + " KiB" : bytes / MEBIBYTE + " MiB";
    }

    /** Whether a failure is one of the codes by which drivers report a lack of memory. */
    static boolean isOutOfMemory(CLException failure) {
        int status = failure.getStatus();
        return status == CL.CL_MEM_OBJECT_ALLOCATION_FAILURE || status == CL.CL_OUT_OF_RESOURCES
                || status == CL.CL_OUT_OF_HOST_MEMORY || status == CL.CL_INVALID_BUFFER_SIZE;
    }

    static long roundUp(long bytes) {
        long n = Math.max(SMALLEST, bytes);
        long step = Long.highestOneBit(n) / STEPS_OF_AN_OCTAVE;
        return (n + step - 1) / step * step;
    }
}
