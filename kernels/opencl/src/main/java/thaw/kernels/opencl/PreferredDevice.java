package thaw.kernels.opencl;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import thaw.kernels.Backend;
import thaw.kernels.CacheFolder;

/**
 * Chooses the OpenCL device to prefer to the CPU backend: any graphics card; an integrated graphics processor if it wins a
 * short race, run once; never the CPU through OpenCL.
 */
public final class PreferredDevice {

    private PreferredDevice() {
    }

    /**
     * Opens that device, if there is one.
     *
     * @param processor the CPU backend that it must beat
     * @throws OpenClException if OpenCL cannot be used, or the device cannot be opened
     */
    public static Optional<OpenClBackend> open(Supplier<Backend> processor) {
        if (InstalledDrivers.areForProcessorsOnly()) {
            return Optional.empty();
        }
        Race race = new Race(CacheFolder.path());
        return choose(OpenClDevices.list(), device -> {
            String opponent;
            try (Backend holder = processor.get()) {
                opponent = holder.description();
            }
            return race.wins(device.name() + ", driver " + device.driver() + ", against " + opponent,
                    () -> OpenClBackend.open(device.index()), processor);
        }).map(device -> OpenClBackend.open(device.index()));
    }

    /** @param wins whether an integrated device beats the CPU backend */
    static Optional<OpenClDevice> choose(List<OpenClDevice> devices, Predicate<OpenClDevice> wins) {
        return devices.stream().filter(d -> d.type().compareTo(OpenClDevice.Type.INTEGRATED_GPU) <= 0)
                .sorted(Comparator.comparing(OpenClDevice::type).thenComparing(OpenClDevices.largestFirst()))
                .filter(d -> d.type() == OpenClDevice.Type.DISCRETE_GPU || wins.test(d)).findFirst();
    }
}
