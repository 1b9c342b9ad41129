package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import thaw.Extent;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/**
 * Without the module {@code jdk.incubator.vector} the CPU backend uses scalar loops, and loads no class of the module. The build
 * runs this class in a separate JVM without the module.
 */
class WithoutVectorsTest extends ReferenceAgreement {

    @BeforeAll
    static void noModule() {
        assertTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty());
    }

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
        return CpuBackend.create(2);
    }

    @Override
    protected List<Backend> createEquals() {
        return List.of(CpuBackend.create(1));
    }

    @Test
    void scalarLoopsAreChosen() {
        assertFalse(CpuBackend.hasVectors());
        try (Backend backend = CpuBackend.create(1)) {
            assertTrue(backend.description().contains("scalar loops"), backend.description());
        }
    }
}
