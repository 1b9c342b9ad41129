package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.kernels.Backend;
import thaw.kernels.cpu.CpuBackend;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

class LearnerMemoryTest {
    @TempDir
    private Path folder;

    @Test
    void memoryIsFlatOverSteps() throws IOException {
        try (Device device = Device.cpu(1)) {
            Learner learn = new Learner(ResNet.resnet20(device, 2).replaceHead(Head.CONCAT_POOL, 2), ColourFolder.in(folder));
            List<Long> pooled = new ArrayList<>();
            List<Long> used = new ArrayList<>();
            learn.addListener(new TrainingListener() {
                @Override
                public void onBatch(BatchResult batch) {
                    used.add(device.backend().memory().inUse());
                    pooled.add(device.backend().memory().pooled() + device.backend().memory().inUse());
                }
            });
            learn.fitOneCycle(4, 0.01);
            assertEquals(1, used.stream().distinct().count(), "in use after each step: " + used);
            // The buffer pool grows during the first steps.
            assertEquals(1, pooled.stream().skip(pooled.size() / 2).distinct().count(), "held after each step: " + pooled);
        }
    }

    @Test
    void nothingIsLeftAfterAFitNorAfterOneThatFails() throws IOException {
        try (Device device = Device.cpu(1)) {
            Learner learn = new Learner(ResNet.resnet20(device, 2), ColourFolder.in(folder));
            assertEquals(usedAfter(learn, device, false), usedAfter(learn, device, false));
            assertEquals(usedAfter(learn, device, true), usedAfter(learn, device, true));
            assertEquals(usedAfter(learn, device, false), usedAfter(learn, device, false));
        }
    }

    /**
     * The bytes in use after a fit.
     *
     * @param fail whether the listener throws after the second batch
     */
    private static long usedAfter(Learner learn, Device device, boolean fail) {
        TrainingListener listener = new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                if (fail && batch.batch() == 2) {
                    throw new IllegalStateException("stop");
                }
            }
        };
        learn.addListener(listener);
        if (fail) {
            assertThrows(IllegalStateException.class, () -> learn.fit(1, 0.01));
        } else {
            learn.fit(1, 0.01);
        }
        learn.removeListener(listener);
        return device.backend().memory().inUse();
    }

    @Test
    void saysWhatToDoWhenMemoryIsShort() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        try (Device device = Device.of(shortOfMemory("conv2dWeightGradient"))) {
            Learner learn = new Learner(ResNet.resnet20(device, 2), data);
            String message = assertThrows(NotEnoughMemoryException.class, () -> learn.fit(1, 0.01)).getMessage();
            assertTrue(message.startsWith("training on a batch of 6 images of 8 x 8 pixels does not fit into Java's"), message);
            assertTrue(message.contains("use a smaller batch (now 6)") && message.contains("-Xmx"), message);
        }
        try (Device device = Device.of(shortOfMemory("matmul"))) {
            ResNet net = ResNet.resnet20(device, 2);
            String message = assertThrows(NotEnoughMemoryException.class, () -> Evaluation.of(net, data)).getMessage();
            assertTrue(message.startsWith("evaluating a batch of 6 images"), message);
        }
    }

    private static Backend shortOfMemory(String operator) {
        Backend backend = CpuBackend.create(1);
        Class<?>[] types = {Backend.class};
        return (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), types, (proxy, method, args) -> {
            if (method.getName().equals(operator)) {
                throw new OutOfMemoryError("Java heap space");
            }
            try {
                return method.invoke(backend, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }
}
