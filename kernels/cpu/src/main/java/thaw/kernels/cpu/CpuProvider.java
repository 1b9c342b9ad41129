package thaw.kernels.cpu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import thaw.kernels.Backend;
import thaw.kernels.BackendProvider;
import thaw.kernels.ComputeThreads;

/** Opens the {@link CpuBackend} as device {@code cpu}. */
public final class CpuProvider implements BackendProvider {

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public List<Offer> devices() {
        int threads = Runtime.getRuntime().availableProcessors();
        try (CpuBackend backend = CpuBackend.create(threads)) {
            Map<String, Object> properties = new LinkedHashMap<>();
            properties.put("description", backend.description());
            properties.put("threads", threads);
            properties.put("vector_floats", backend.lanes());
            return List.of(new Offer(name(), backend.description(), properties));
        }
    }

    @Override
    public Backend open(String device, ComputeThreads threads) {
        if (!device.equals(name())) {
            throw new IllegalArgumentException("device: expected " + name() + ", got '" + device + "'");
        }
        return CpuBackend.create(threads);
    }

    @Override
    public int preference() {
        return 0;
    }

    @Override
    public Optional<Backend> openFastest(ComputeThreads threads, Supplier<Backend> next) {
        return Optional.of(CpuBackend.create(threads));
    }
}
