package thaw.kernels;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Opens the backend of one kind of device: a service that {@link java.util.ServiceLoader} finds. A jar offers another kind
 * by naming an implementation in {@code META-INF/services/thaw.kernels.BackendProvider}, and in its module declaration with
 * {@code provides}.
 */
public interface BackendProvider {

    /** A device that {@link #open} opens: its specification, such as {@code opencl:1}, and a description for users. */
    record Offer(String device, String description) {
    }

    /** The kind of device, the word before the colon of a specification: {@code cpu}, {@code opencl}. */
    String name();

    /**
     * The devices of this machine.
     *
     * @throws RuntimeException if they cannot be listed; the message says why, and what to install
     */
    List<Offer> devices();

    /**
     * Opens a device.
     *
     * @param device  {@link #name}, for the best device, or an {@linkplain #devices offered} specification
     * @param threads of the calling process to compute with; a backend on another processor ignores them
     * @throws IllegalArgumentException if the specification is malformed
     */
    Backend open(String device, ComputeThreads threads);

    /**
     * The place of this provider when the fastest device is looked for: the one with the greatest number is asked first. The
     * CPU has 0; a provider with a lower number is asked only where there is no CPU backend.
     */
    int preference();

    /**
     * Opens the device that is to be taken when the fastest one is looked for.
     *
     * @param threads like {@link #open}'s
     * @param next    opens the device that is taken otherwise, for a comparison of speed; its caller closes it
     * @return nothing if there is no device, or if {@code next} is faster
     */
    Optional<Backend> openFastest(ComputeThreads threads, Supplier<Backend> next);
}
