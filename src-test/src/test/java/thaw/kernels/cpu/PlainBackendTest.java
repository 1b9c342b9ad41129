package thaw.kernels.cpu;

import java.util.List;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/** Compares the plain loops with the reference, with one thread and with more threads than cores. */
class PlainBackendTest extends ReferenceAgreement {

    /** Winograd's transforms amplify rounding errors; see {@link thaw.kernels.cpu.winograd.PlainWinograd}. */
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
