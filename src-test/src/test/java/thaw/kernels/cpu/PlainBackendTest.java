package thaw.kernels.cpu;

import java.util.List;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/** The plain loops against the reference, with one thread and with more than there are cores. */
class PlainBackendTest extends ReferenceAgreement {

    /** Winograd's transforms multiply rounding errors; see {@link PlainWinograd}. */
    @Override
    protected double convolutionTolerance() {
        return 1e-4;
    }

    @Override
    protected Backend create() {
        return CpuBackend.plain(2);
    }

    @Override
    protected List<Backend> createEquals() {
        return List.of(CpuBackend.plain(1), CpuBackend.plain(5));
    }
}
