package thaw.kernels.opencl;

import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * Whether there is an OpenCL device to test on. Tests that need one are skipped where there is none, with the reason; the
 * system property {@code opencl.required=true} makes them fail instead.
 */
public final class OpenClHere {

    private OpenClHere() {
    }

    /** To be called by a test that needs a device. */
    public static void require() {
        missing().ifPresent(Assumptions::abort);
    }

    /** Why tests are to be skipped, or empty if there is a device. */
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
