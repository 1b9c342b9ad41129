package thaw.kernels;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;

/**
 * Opens the backend of one kind of device: a service that {@link java.util.ServiceLoader} finds. A jar offers another kind
 * by naming an implementation in {@code META-INF/services/thaw.kernels.BackendProvider}, and in its module declaration with
 * {@code provides}.
 */
public interface BackendProvider {

    /**
     * A device that {@link #open} opens.
     *
     * @param device      its specification, such as {@code opencl:1}
     * @param description for users, in one or more lines
     * @param properties  by name, in the order in which to show them: strings, whole numbers and truth values
     */
    record Offer(String device, String description, Map<String, Object> properties) {
        /** Copies the map. */
        public Offer {
            properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
        }
    }

    /** The kind of device, the word before the colon of a specification: {@code cpu}, {@code opencl}. */
    String name();

    /**
     * The devices of this machine.
     *
     * @throws DeviceException if they cannot be listed; the message says why, and what to install
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

    /** Like {@link #open}, for a device that times its kernels, see {@link Backend#profile}, if this kind of device can. */
    default Backend openProfiled(String device, ComputeThreads threads) {
        return open(device, threads);
    }

    /**
     * Searches for the work sizes that are fastest on a device, and stores them for later.
     *
     * @param budget   about the duration of the search
     * @param progress receives the share of the budget that is used, from 0 to 1
     * @return empty if this kind of device has nothing to tune
     * @throws IOException     if the outcome cannot be written
     * @throws DeviceException if there is no such device, or it does not work
     */
    default Optional<DeviceTuning> tune(String device, Duration budget, DoubleConsumer progress) throws IOException {
        return Optional.empty();
    }

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
