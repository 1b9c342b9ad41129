package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/**
 * In a Java started without {@code jdk.incubator.vector}, the processor is used all the same: plain loops are chosen, and no
 * class of the module is asked for. The build runs this class in such a Java of its own.
 */
class WithoutVectorsTest extends ReferenceAgreement {

    @BeforeAll
    static void noModule() {
        assertTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty());
    }

    /** Winograd's transforms multiply rounding errors; see {@link PlainWinograd}. */
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
        return List.of(CpuBackend.create(1));
    }

    @Test
    void plainLoopsAreChosen() {
        assertFalse(CpuBackend.hasVectors());
        try (Backend backend = CpuBackend.create(1)) {
            assertTrue(backend.description().contains("plain loops"), backend.description());
        }
    }
}
