package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.resnet.ResNet;

/** A fit that is stopped, interrupted, or begun on a closed device. */
class TrainingEndsTest {

    @TempDir
    private static Path folder;
    private static ImageFolder data;

    private final Device device = Device.cpu(1);
    private Learner learn;

    @BeforeEach
    void make() throws IOException {
        if (data == null) {
            data = ColourFolder.in(folder);
        }
        learn = new Learner(ResNet.resnet20(device, 2), data);
    }

    @AfterEach
    void close() {
        device.close();
    }

    private void afterEachStep(Runnable event) {
        learn.addListener(new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                event.run();
            }
        });
    }

    @Test
    void theResultSaysThatTheFitWasStopped() {
        FitResult complete = learn.fitOneCycle(1, 0.01);
        assertFalse(complete.isStopped());
        assertEquals(1, complete.epochs().size());
        afterEachStep(learn::stop);
        for (FitResult stopped : List.of(learn.fitOneCycle(2, 0.01), learn.fit(1, 0.01), learn.fineTune(1))) {
            assertTrue(stopped.isStopped());
            assertEquals(List.of(), stopped.epochs());
        }
    }

    /** The interrupt comes after a step; the network keeps that step's weights. */
    @Test
    void anInterruptEndsTheFitAndKeepsTheFlag() {
        float[][] weights = new float[1][];
        afterEachStep(() -> {
            weights[0] = headWeights();
            Thread.currentThread().interrupt();
        });
        for (Executable fit : List.<Executable>of(() -> learn.fitOneCycle(2, 0.01), () -> learn.fineTune(1))) {
            assertThrows(CancellationException.class, fit);
            assertTrue(Thread.interrupted(), "the interrupt flag is lost");
            assertArrayEquals(weights[0], headWeights());
        }
    }

    private float[] headWeights() {
        return learn.net.stateDict().get("fc.weight").toFloats();
    }

    @Test
    void anInterruptEndsTheValidation() {
        learn.addListener(new TrainingListener() {
            @Override
            public void onValidation(int images, int all) {
                Thread.currentThread().interrupt();
            }
        });
        assertThrows(CancellationException.class, () -> learn.fit(1, 0.01));
        assertTrue(Thread.interrupted());
    }

    @Test
    @Timeout(60)
    void aTrainingThreadEndsSoonAfterItsInterrupt() throws InterruptedException {
        CountDownLatch began = new CountDownLatch(1);
        afterEachStep(began::countDown);
        Throwable[] thrown = new Throwable[1];
        Thread thread = new Thread(() -> {
            try {
                learn.fit(1_000_000, 1e-4);
            } catch (RuntimeException failed) {
                thrown[0] = failed;
            }
        });
        thread.start();
        began.await();
        thread.interrupt();
        thread.join(20_000);
        assertFalse(thread.isAlive());
        assertEquals(CancellationException.class, thrown[0].getClass());
        assertFalse(learn.fit(1, 1e-4).isStopped());
    }

    @Test
    void aClosedDeviceIsNamed() {
        device.close();
        for (Executable use : List.<Executable>of(() -> learn.fitOneCycle(1, 0.01), () -> learn.validate(),
                () -> learn.lrFind(SweepOptions.standard()))) {
            String message = assertThrows(IllegalStateException.class, use).getMessage();
            assertTrue(message.startsWith("the device is closed (cpu, "), message);
            assertTrue(message.endsWith("open another device and load the network there"), message);
        }
    }
}
