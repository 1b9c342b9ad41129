package thaw.kernels.cpu;

import java.util.List;
import thaw.Extent;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/** Compares scalar loops with the reference, with one thread and with more threads than cores. */
class ScalarBackendTest extends ReferenceAgreement {

    /** Winograd's transforms amplify rounding errors; see {@link thaw.kernels.cpu.winograd.WinogradConvolution}. */
    @Override
    protected double convolutionTolerance() {
        return 1e-4;
    }

    @Override
    protected Backend create() {
        return CpuBackend.scalar(2);
    }

    @Override
    protected List<Backend> createEquals() {
        return List.of(CpuBackend.scalar(1), CpuBackend.scalar(3), CpuBackend.scalar(Extent.times(8, 64)));
    }
}
