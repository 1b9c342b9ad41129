package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import thaw.engine.Device;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.resnet.ResNet;

/** Interrupts, and closing while others predict. */
class ClassifierEndsTest {
    private static final int SIDE = 32;
    private static final ImageSource IMAGE = ImageSource.of(RgbImage.of(SIDE, SIDE, new byte[3 * SIDE * SIDE]), "black");
    /** Hours of work. */
    private static final List<ImageSource> MANY = Collections.nCopies(10_000_000, IMAGE);

    private static Classifier classifier(ClassifierOptions options) {
        try (Device device = Device.cpu(1)) {
            return Classifier.of(ModelFile.of(ResNet.resnet20(device, 2), List.of("a", "b"), Transforms.of(SIDE)), options);
        }
    }

    /** A thread of a test, and what it threw. */
    private static final class Caller extends Thread {
        private final Runnable work;
        private volatile Throwable thrown;
        private volatile boolean flag;

        Caller(Runnable work) {
            this.work = work;
            start();
        }

        @Override
        public void run() {
            try {
                work.run();
            } catch (RuntimeException | Error failed) {
                thrown = failed;
                flag = isInterrupted();
            }
        }

        void assertCancelled() throws InterruptedException {
            interrupt();
            join(10_000);
            assertFalse(isAlive(), "still predicting 10 s after the interrupt");
            assertEquals(CancellationException.class, thrown.getClass(), () -> thrown.toString());
            assertTrue(flag, "the interrupt flag is lost");
        }
    }

    @Test
    @Timeout(60)
    void anInterruptEndsABatchAndKeepsTheFlag() throws InterruptedException {
        try (Classifier classifier = classifier(Classifier.options())) {
            for (Runnable work : List.<Runnable>of(() -> classifier.predictAll(MANY), () -> classifier.tryPredictAll(MANY),
                    () -> classifier.featuresAll(MANY))) {
                Caller caller = new Caller(work);
                Thread.sleep(200);
                caller.assertCancelled();
            }
            assertEquals(2, classifier.predict(IMAGE).probabilities().size());
        }
    }

    @Test
    @Timeout(60)
    void anInterruptEndsTheWaitForAnotherCallersBatch() throws InterruptedException {
        try (Classifier classifier = classifier(Classifier.options().concurrency(1).batch(64).warmUp(WarmUp.NONE))) {
            Caller first = new Caller(() -> classifier.predictAll(MANY));
            Caller second = new Caller(() -> classifier.predictAll(MANY));
            Thread.sleep(200);
            second.assertCancelled();
            assertTrue(first.isAlive());
            first.assertCancelled();
        }
    }

    /** Each call of 16 threads succeeds or throws an IllegalStateException; after the first that throws, all do. */
    @Test
    @Timeout(60)
    void closingWhileSixteenThreadsPredict() throws InterruptedException {
        Classifier classifier = classifier(Classifier.options().concurrency(4));
        Prediction expected = classifier.predict(IMAGE);
        CountDownLatch predicted = new CountDownLatch(32);
        AtomicInteger wrong = new AtomicInteger();
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            int turn = i;
            callers.add(new Caller(() -> {
                while (true) {
                    List<Prediction> got = turn % 2 == 0 ? List.of(classifier.predict(IMAGE))
                            : classifier.predictAll(List.of(IMAGE, IMAGE, IMAGE));
                    wrong.addAndGet((int) got.stream().filter(one -> !one.equals(expected)).count());
                    predicted.countDown();
                }
            }));
        }
        predicted.await();
        classifier.close();
        for (Caller caller : callers) {
            caller.join(20_000);
            assertFalse(caller.isAlive());
            assertEquals(IllegalStateException.class, caller.thrown.getClass(), () -> caller.thrown.toString());
            assertEquals("the classifier is closed; predict within its try block", caller.thrown.getMessage());
        }
        assertEquals(0, wrong.get());
        assertThrows(IllegalStateException.class, () -> classifier.predict(IMAGE));
        classifier.close();
    }

    @Test
    void theDeviceSaysThatItIsClosed() {
        Device device;
        try (Classifier classifier = classifier(Classifier.options().threads(1))) {
            device = classifier.device();
        }
        assertTrue(assertThrows(IllegalStateException.class, () -> device.scalar(1)).getMessage().startsWith("the device is closed (cpu"));
    }
}
