package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.Ops.crossEntropy;
import static thaw.engine.optim.ParamGroup.group;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.SGD;
import thaw.kernels.Backend;
import thaw.kernels.Shape;
import thaw.kernels.cpu.CpuBackend;

/**
 * What a training step takes from Java's heap once the pool is warm: the graph's objects, less than a single activation of the
 * first stage takes.
 */
class StepAllocationTest {

    private static final int BATCH = 16;
    private static final int MOST_STEPS = 100;
    private static final long FIRST_STAGE_BYTES = BATCH * 16 * 32 * 32 * Float.BYTES;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void aWarmStepAllocatesOnlyItsGraph() {
        // One thread, so that the counter of this thread sees all that is allocated.
        assertStepsAllocateLittle(CpuBackend.create(1));
        assertStepsAllocateLittle(CpuBackend.plain(1));
    }

    private void assertStepsAllocateLittle(Backend backend) {
        try (Device device = Device.of(backend)) {
            ResNet net = ResNet.resnet20(device, 10);
            SGD sgd = new SGD(group("body", net.groups().get(0), net.groups().get(1)).lr(1e-3).momentum(0.9),
                    group("head", net.groups().get(2)).lr(1e-2));
            Tensor images = device.ones(Shape.of(BATCH, 3, 32, 32));
            Tensor labels = device.labels(new int[BATCH]);
            // Until its loops are compiled the Vector API makes an object of every vector.
            long least = Long.MAX_VALUE;
            for (int i = 0; i < MOST_STEPS && least >= FIRST_STAGE_BYTES; i++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                step(device, net, sgd, images, labels);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
                System.err.println(least);
            }
            assertTrue(least < FIRST_STAGE_BYTES, device + ": a warm step allocates " + least + " bytes");
        }
    }

    private static void step(Device device, ResNet net, SGD sgd, Tensor images, Tensor labels) {
        try (Scope step = device.scope()) {
            Tensor loss = crossEntropy(net.forward(images), labels);
            sgd.zeroGrad();
            loss.backward();
            sgd.step();
        }
    }
}
