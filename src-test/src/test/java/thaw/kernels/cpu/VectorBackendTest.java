package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/**
 * The Vector API's kernels against the reference, with one thread and with more than there are cores; and the scalar loops of a
 * process's first prediction, to the same bits.
 */
class VectorBackendTest extends ReferenceAgreement {

    @BeforeAll
    static void vectors() {
        assumeTrue(CpuBackend.hasVectors(), "no Vector API here: run Java with --add-modules jdk.incubator.vector");
    }

    /** Winograd's transforms multiply rounding errors; see {@link WinogradConvolution}. */
    @Override
    protected double convolutionTolerance() {
        return 1e-4;
    }

    @Override
    protected Backend create() {
        return CpuBackend.create(2);
    }

    @Override
    protected List<Backend> createEquals() {
        return List.of(CpuBackend.create(1), CpuBackend.create(5), CpuBackend.with(false));
    }
}
