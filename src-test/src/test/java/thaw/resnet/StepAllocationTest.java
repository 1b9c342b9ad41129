package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.functional.Functional.crossEntropy;
import static thaw.engine.optim.ParamGroup.group;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.SGD;
import thaw.kernels.Shape;
import thaw.kernels.cpu.CpuBackend;

/**
 * The heap allocation of a training step once the buffer pool is filled: objects of the graph and of jobs, and lists of rows,
 * some hundred bytes for each piece of an image, but no arrays of floats.
 *
 * <p>It uses scalar loops, because the Vector API allocates an object for every vector until its callers are compiled.
 */
class StepAllocationTest {

    private static final int BATCH = 16;
    /** The bytes of one activation in the first stage. */
    private static final long ACTIVATION_BYTES = BATCH * 16 * 32 * 32 * Float.BYTES;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void aWarmStepAllocatesLessThanTwoActivations() {
        // One thread, because the counter is of this thread's allocations only.
        try (Device device = Device.of(CpuBackend.scalar(1))) {
            ResNet net = ResNet.resnet20(device, 10);
            SGD sgd = new SGD(group("body", net.groups().get(0), net.groups().get(1)).lr(1e-3).momentum(0.9),
                    group("head", net.groups().get(2)).lr(1e-2));
            Tensor images = device.ones(Shape.of(BATCH, 3, 32, 32));
            Tensor labels = device.labels(new int[BATCH]);
            step(device, net, sgd, images, labels);
            step(device, net, sgd, images, labels);
            long before = threads.getCurrentThreadAllocatedBytes();
            step(device, net, sgd, images, labels);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < 2 * ACTIVATION_BYTES, "a warm step allocates " + allocated + " bytes");
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
