package thaw.kernels.cpu;

import java.util.List;
import java.util.stream.IntStream;
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

    /** A quarter of the seeds: scalar loops have the first one, vectors of 4, 8 and 16 the others. */
    @Override
    protected IntStream seeds() {
        return IntStream.rangeClosed(1, Extent.times(12, 250));
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
