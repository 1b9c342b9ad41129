package thaw.engine;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import thaw.kernels.Backend;
import thaw.kernels.BackendProvider;
import thaw.kernels.ComputeThreads;

/** The backends on the class path or module path, found by {@link ServiceLoader}, the preferred ones first. */
final class Backends {

    /** Kinds of devices whose artifact is {@code thaw-} and the kind. */
    private static final List<String> OWN = List.of("cpu", "opencl");

    private Backends() {
    }

    static List<BackendProvider> providers() {
        return ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(BackendProvider::preference).reversed()).toList();
    }

    /** Opens {@code auto}, or the device of a provider. */
    static Backend open(String device, ComputeThreads threads) {
        return device.equals("auto") ? fastest(providers(), threads) : provider(device).open(device, threads);
    }

    /** @throws IllegalArgumentException if there is no such kind of device */
    static BackendProvider provider(String device) {
        List<BackendProvider> providers = providers();
        String kind = device.replaceFirst(":.*", "");
        return providers.stream().filter(provider -> provider.name().equals(kind)).findFirst()
                .orElseThrow(() -> OWN.contains(kind) ? missing(device, kind) : new IllegalArgumentException(
                        "device: expected auto, " + providers.stream().map(BackendProvider::name).collect(Collectors.joining(", "))
                                + ", got '" + device + "'"));
    }

    private static Backend fastest(List<BackendProvider> providers, ComputeThreads threads) {
        if (providers.isEmpty()) {
            throw missing("auto", "cpu");
        }
        List<BackendProvider> rest = providers.subList(1, providers.size());
        return providers.get(0).openFastest(threads, () -> fastest(rest, threads)).orElseGet(() -> fastest(rest, threads));
    }

    private static IllegalStateException missing(String device, String kind) {
        return new IllegalStateException("device " + device + ": its backend is not on the class path or module path; add the"
                + " artifact dev.thaw:thaw-" + kind);
    }
}
