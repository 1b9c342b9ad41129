package thaw.kernels.opencl;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import thaw.kernels.Backend;
import thaw.kernels.BackendProvider;
import thaw.kernels.ComputeThreads;
import thaw.kernels.DeviceTuning;

/**
 * Opens the {@link OpenClBackend} as device {@code opencl}, the {@linkplain OpenClDevices#best best} one, or
 * {@code opencl:N}. Loading this class loads no class of JOCL.
 */
public final class OpenClProvider implements BackendProvider {

    @Override
    public String name() {
        return "opencl";
    }

    @Override
    public List<Offer> devices() {
        return OpenClDevices.list().stream().map(OpenClDevice::offer).toList();
    }

    @Override
    public Backend open(String device, ComputeThreads threads) {
        return OpenClBackend.open(index(device));
    }

    @Override
    public Backend openProfiled(String device, ComputeThreads threads) {
        return OpenClBackend.open(index(device), new OpenClBackend.Options(Long.MAX_VALUE, true));
    }

    @Override
    public Optional<DeviceTuning> tune(String device, Duration budget, DoubleConsumer progress) throws IOException {
        return Optional.of(Tuner.tune(index(device), budget, progress));
    }

    private int index(String device) {
        if (device.equals(name())) {
            return OpenClDevices.best().index();
        }
        if (!device.matches(name() + ":\\d{1,4}")) {
            throw new IllegalArgumentException("device: expected opencl or opencl:N with a device's index, got '" + device + "'");
        }
        return Integer.parseInt(device.substring(name().length() + 1));
    }

    @Override
    public int preference() {
        return 100;
    }

    /** Opens the {@link PreferredDevice}. If OpenCL cannot be used, that is not an error: it is logged at level DEBUG. */
    @Override
    public Optional<Backend> openFastest(ComputeThreads threads, Supplier<Backend> next) {
        try {
            return PreferredDevice.open(next).map(backend -> backend);
        } catch (OpenClException | LinkageError unusable) {
            Logger logger = System.getLogger(OpenClProvider.class.getPackageName());
            logger.log(Level.DEBUG, () -> "computing without OpenCL; " + unusable.getMessage());
            return Optional.empty();
        }
    }
}
