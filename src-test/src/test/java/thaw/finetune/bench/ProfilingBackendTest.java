package thaw.finetune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ReferenceAgreement;
import thaw.kernels.Shape;
import thaw.kernels.cpu.CpuBackend;
import thaw.kernels.reference.ReferenceBackend;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

class ProfilingBackendTest {

    /** Every operator does what that of the backend within does. */
    @Nested
    class Operators extends ReferenceAgreement {

        @Override
        protected Backend create() {
            return new ProfilingBackend(CpuBackend.plain(2));
        }

        @Override
        protected List<Backend> createEquals() {
            return List.of(CpuBackend.plain(1));
        }
    }

    @Test
    void notesCallsOperationsAndTimeByShapes() {
        try (ProfilingBackend backend = new ProfilingBackend(new ReferenceBackend())) {
            Array x = backend.zeros(Shape.of(2, 3, 8, 8));
            Array w = backend.zeros(Shape.of(5, 3, 3, 3));
            backend.reset();
            for (int i = 0; i < 3; i++) {
                backend.conv2d(x, w, null, Conv2dOptions.of(2, 1)).release();
            }
            backend.conv2d(x, w, null, Conv2dOptions.of(1, 1)).release();
            List<OperatorTime> times = backend.times();
            assertEquals(2, times.size(), times::toString);
            assertTrue(times.get(0).nanos() >= times.get(1).nanos(), times::toString);
            OperatorTime strided = times.stream().filter(t -> t.shapes().contains("stride 2")).findFirst().orElseThrow();
            assertEquals("conv2d", strided.operator());
            assertEquals("[2, 3, 8, 8] → 5, 3×3, stride 2", strided.shapes());
            assertEquals(3, strided.calls());
            assertEquals(3 * 2 * (2 * 5 * 4 * 4) * (3 * 3 * 3), strided.flops());
            assertTrue(strided.nanos() > 0);

            Array a = backend.zeros(Shape.of(4, 6));
            Array b = backend.zeros(Shape.of(5, 4));
            backend.reset();
            backend.matmul(a, true, b, true).release();
            assertEquals(2 * 6 * 4 * 5, backend.times().get(0).flops());
        }
    }

    /** The operations counted call by call equal those computed in advance for a step. */
    @Test
    void countsTheOperationsOfAStep() {
        for (Mode mode : Mode.values()) {
            ProfilingBackend profiler = new ProfilingBackend(CpuBackend.plain(1));
            try (Device device = Device.of(profiler)) {
                ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 10, 0);
                try (NetworkStep step = NetworkStep.of(net, mode, 2, 16)) {
                    step.run();
                    profiler.reset();
                    step.run();
                    assertEquals(step.flops(), profiler.times().stream().mapToLong(OperatorTime::flops).sum(), mode::toString);
                }
            }
        }
    }
}
