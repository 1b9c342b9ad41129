package thaw.kernels.opencl;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import thaw.kernels.Backend;
import thaw.kernels.BackendProvider;
import thaw.kernels.ComputeThreads;

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
        return OpenClDevices.list().stream()
                .map(device -> new Offer(name() + ":" + device.index(), device.name() + ", " + device.type().label())).toList();
    }

    @Override
    public Backend open(String device, ComputeThreads threads) {
        if (device.equals(name())) {
            return OpenClBackend.open();
        }
        if (!device.matches(name() + ":\\d{1,4}")) {
            throw new IllegalArgumentException("device: expected opencl or opencl:N with a device's index, got '" + device + "'");
        }
        return OpenClBackend.open(Integer.parseInt(device.substring(name().length() + 1)));
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
