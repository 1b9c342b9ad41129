package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import thaw.Extent;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/**
 * Compares the Vector API's kernels with the reference, with one thread and with more threads than cores; and with
 * scalar loops, which give the same bits in every operator.
 */
class VectorBackendTest extends ReferenceAgreement {

    @BeforeAll
    static void vectors() {
        assumeTrue(CpuBackend.hasVectors(), "the Vector API is missing: run Java with --add-modules jdk.incubator.vector");
    }

    /** Winograd's transforms amplify rounding errors; see {@link thaw.kernels.cpu.winograd.WinogradConvolution}. */
    @Override
    protected double convolutionTolerance() {
        return 1e-4;
    }

    /** A quarter of the seeds: scalar loops have the first one, vectors of 4, 8 and 16 the others. */
    @Override
    protected IntStream seeds() {
        int first = 250 * (Integer.numberOfTrailingZeros(VectorSupport.lanes()) - 1) + 1;
        return IntStream.range(first, first + Extent.times(12, 250));
    }

    @Override
    protected Backend create() {
        return CpuBackend.create(2);
    }

    @Override
    protected List<Backend> createEquals() {
        return List.of(CpuBackend.create(1), CpuBackend.create(3), CpuBackend.create(Extent.times(8, 64)), CpuBackend.scalar(2));
    }
}
