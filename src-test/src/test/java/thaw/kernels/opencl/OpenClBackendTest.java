package thaw.kernels.opencl;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/** Compares the OpenCL kernels with the reference. */
class OpenClBackendTest extends ReferenceAgreement {

    @BeforeAll
    static void device() {
        OpenClHere.require();
    }

    /** Winograd's transforms amplify rounding errors. */
    @Override
    protected double convolutionTolerance() {
        return 1e-4;
    }

    @Override
    protected Backend create() {
        return OpenClBackend.open();
    }

    /** The device, opened a second time, gives the same bits. */
    @Override
    protected List<Backend> createEquals() {
        return List.of(OpenClBackend.open());
    }
}
