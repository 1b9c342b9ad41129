package thaw.kernels.opencl;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts the driver objects that one backend creates and releases. */
final class ObjectCount {

    final AtomicInteger buffers = new AtomicInteger();
    final AtomicInteger events = new AtomicInteger();
    final AtomicInteger kernels = new AtomicInteger();
    final AtomicInteger programs = new AtomicInteger();

    LiveObjects live() {
        return new LiveObjects(buffers.get(), events.get(), kernels.get(), programs.get());
    }
}
