package thaw.kernels.opencl;

import org.junit.jupiter.api.Assumptions;

/**
 * Whether there is an OpenCL device to test on. Tests that need one are skipped where there is none, with the reason; the
 * system property {@code opencl.required=true} makes them fail instead.
 */
public final class OpenClHere {

    private OpenClHere() {
    }

    public static void require() {
        try {
            OpenClDevices.list();
        } catch (OpenClException none) {
            if (Boolean.getBoolean("opencl.required")) {
                throw none;
            }
            Assumptions.abort("OpenCL tests are skipped: " + none.getMessage());
        }
    }
}
