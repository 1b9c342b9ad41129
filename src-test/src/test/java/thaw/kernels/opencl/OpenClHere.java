package thaw.kernels.opencl;

import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The check for an OpenCL device to test on. Tests that need one are skipped with the reason if there is none; the system
 * property {@code opencl.required=true} makes them fail instead.
 */
public final class OpenClHere {

    private OpenClHere() {
    }

    /** Skips the calling test if there is no device. */
    public static void require() {
        missing().ifPresent(Assumptions::abort);
    }

    /** The reason for skipping tests; empty if there is a device. */
    public static Optional<String> missing() {
        try {
            OpenClDevices.list();
            return Optional.empty();
        } catch (OpenClException none) {
            if (Boolean.getBoolean("opencl.required")) {
                throw none;
            }
            return Optional.of("OpenCL tests are skipped: " + none.getMessage());
        }
    }
}
