package thaw.finetune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.reference.ReferenceBackend;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

class OperatorTimesTest {

    @Test
    void sumsCallsOperationsAndTimeByShapes() {
        OperatorTimes profile = new OperatorTimes();
        try (Backend backend = new ReferenceBackend()) {
            Array x = backend.zeros(Shape.of(2, 3, 8, 8));
            Array w = backend.zeros(Shape.of(5, 3, 3, 3));
            backend.setOperatorListener(profile);
            for (int i = 0; i < 3; i++) {
                backend.conv2d(x, w, Conv2dOptions.of(2, 1)).release();
            }
            backend.conv2d(x, w, Conv2dOptions.of(1, 1)).release();
            List<OperatorTime> times = profile.longestFirst();
            assertEquals(2, times.size(), times::toString);
            assertTrue(times.get(0).nanos() >= times.get(1).nanos(), times::toString);
            OperatorTime strided = times.stream().filter(t -> t.shapes().contains("stride 2")).findFirst().orElseThrow();
            assertEquals("conv2d", strided.operator());
            assertEquals("[2, 3, 8, 8] → 5, 3×3, stride 2", strided.shapes());
            assertEquals(3, strided.calls());
            assertEquals(3 * 2 * (2 * 5 * 4 * 4) * (3 * 3 * 3), strided.flops());
            assertTrue(strided.nanos() > 0);

            profile.reset();
            backend.matmul(backend.zeros(Shape.of(4, 6)), true, backend.zeros(Shape.of(5, 4)), true).release();
            OperatorTime product = profile.longestFirst().stream().filter(t -> t.operator().equals("matmul")).findFirst()
                    .orElseThrow();
            assertEquals(2 * 6 * 4 * 5, product.flops());
        }
    }

    /** The operations counted call by call equal those computed in advance for a step. */
    @Test
    void countsTheOperationsOfAStep() {
        for (Mode mode : Mode.values()) {
            OperatorTimes profile = new OperatorTimes();
            try (Device device = Device.cpu(1)) {
                ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 10, 0);
                try (NetworkStep step = NetworkStep.of(net, mode, 2, 16)) {
                    device.backend().setOperatorListener(profile);
                    step.run();
                    assertEquals(step.flops(), profile.longestFirst().stream().mapToLong(OperatorTime::flops).sum(),
                            mode::toString);
                }
            }
        }
    }
}
