package thaw.kernels.reference;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import thaw.kernels.Backend;
import thaw.kernels.BackendProvider;
import thaw.kernels.ComputeThreads;

/** Opens the {@link ReferenceBackend} as device {@code reference}, which is never the fastest one. */
public final class ReferenceProvider implements BackendProvider {

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public List<Offer> devices() {
        try (Backend backend = new ReferenceBackend()) {
            return List.of(new Offer(name(), backend.description(), Map.of()));
        }
    }

    @Override
    public Backend open(String device, ComputeThreads threads) {
        if (!device.equals(name())) {
            throw new IllegalArgumentException("device: expected " + name() + ", got '" + device + "'");
        }
        return new ReferenceBackend();
    }

    @Override
    public int preference() {
        return Integer.MIN_VALUE;
    }

    @Override
    public Optional<Backend> openFastest(ComputeThreads threads, Supplier<Backend> next) {
        return Optional.empty();
    }
}
