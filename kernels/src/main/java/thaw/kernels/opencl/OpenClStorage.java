package thaw.kernels.opencl;

import org.jocl.cl_mem;
import thaw.kernels.Storage;

/** A buffer of the pool. */
final class OpenClStorage extends Storage {

    private final BufferPool pool;
    private final BufferPool.Buffer buffer;
    private float[] uploaded;
    private int uploadedVersion;

    OpenClStorage(BufferPool pool, int floats) {
        this.pool = pool;
        this.buffer = pool.take((long) floats * Float.BYTES);
    }

    cl_mem memory() {
        requireAlive();
        return buffer.memory();
    }

    boolean isFrom(BufferPool other) {
        return pool == other;
    }

    /** Remembers what the host has just written here. */
    void uploaded(float[] values) {
        uploaded = values;
        uploadedVersion = version();
    }

    /** What the host wrote here, if it was remembered and nothing has changed it since; else null. */
    float[] uploaded() {
        return uploadedVersion == version() ? uploaded : null;
    }

    @Override
    protected void recycle() {
        pool.give(buffer);
    }
}
