package thaw.kernels;

import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The threads of the calling process that a backend computes with. Results do not depend on them.
 *
 * @param count    the number of threads that compute an operator together, the calling one included; at least 1
 * @param executor runs all but the calling one; if empty, the backend has threads of its own, which answer faster
 */
public record ComputeThreads(int count, Optional<Executor> executor) {

    /** @throws IllegalArgumentException if {@code count} is less than 1 */
    public ComputeThreads {
        if (count < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, the calling thread, got " + count);
        }
    }

    /** Threads of the backend's own. */
    public static ComputeThreads of(int count) {
        return new ComputeThreads(count, Optional.empty());
    }
}
