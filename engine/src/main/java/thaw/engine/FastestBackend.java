package thaw.engine;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import thaw.kernels.Backend;
import thaw.kernels.cpu.CpuBackend;
import thaw.kernels.opencl.OpenClException;
import thaw.kernels.opencl.PreferredDevice;

/** The selection of {@link Device#auto()}, in a separate class so that other devices do not load the OpenCL classes. */
final class FastestBackend {

    private FastestBackend() {
    }

    static Backend open(int threads) {
        try {
            Backend preferred = PreferredDevice.open(() -> CpuBackend.create(threads)).orElse(null);
            if (preferred != null) {
                return preferred;
            }
        } catch (OpenClException | LinkageError unusable) {
            Logger logger = System.getLogger(FastestBackend.class.getPackageName());
            logger.log(Level.DEBUG, () -> "computing on the CPU; " + unusable.getMessage());
        }
        return CpuBackend.create(threads);
    }
}
