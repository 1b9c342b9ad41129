package thaw.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.optim.ParamGroup.group;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.AdaptiveConcatPool2d;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Dropout;
import thaw.engine.nn.Flatten;
import thaw.engine.nn.Linear;
import thaw.engine.nn.MaxPool2d;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;
import thaw.engine.optim.SGD;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.ColourFolder;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.Learner;
import thaw.finetune.train.TrainingListener;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.opencl.LiveObjects;
import thaw.kernels.opencl.OpenClBackend;
import thaw.kernels.opencl.OpenClDevices;
import thaw.kernels.opencl.OpenClHere;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

/** Whole training steps and predictions on an OpenCL device. */
class OpenClTrainingTest {

    private static final int THREADS = 4;

    @TempDir
    private Path folder;

    @BeforeAll
    static void device() {
        OpenClHere.require();
    }

    // ---- the driver's objects -------------------------------------------------------------------------------------

    @Test
    void twoHundredStepsLeaveNoObjectBehind() {
        try (OpenClBackend backend = OpenClBackend.open()) {
            Steps steps = new Steps(Device.of(backend));
            steps.run(5);
            LiveObjects before = backend.liveObjects();
            long used = backend.memory().inUse();
            steps.run(200);
            assertEquals(before, backend.liveObjects());
            assertEquals(used, backend.memory().inUse());
        }
    }

    @Test
    void noObjectIsLeftBehindByAStepThatFails() {
        try (OpenClBackend backend = OpenClBackend.open()) {
            Steps steps = new Steps(Device.of(backend));
            steps.run(5);
            LiveObjects before = backend.liveObjects();
            long used = backend.memory().inUse();
            for (int i = 0; i < 3; i++) {
                // The last label is invalid, so the step fails after the forward pass, when all activations exist.
                assertThrows(IllegalArgumentException.class, () -> steps.step(0, 1, 2, 9));
                assertEquals(before, backend.liveObjects());
                assertEquals(used, backend.memory().inUse());
            }
            steps.run(1);
            assertEquals(before, backend.liveObjects());
        }
    }

    /** A small network with every kind of layer of a ResNet, and dropout. */
    private static final class Steps {

        private final Device device;
        private final Sequential net;
        private final SGD sgd;

        Steps(Device device) {
            this.device = device;
            net = new Sequential(Conv2d.withoutBias(device, 3, 6, 3, Conv2dOptions.of(1, 1)), new BatchNorm2d(device, 6),
                    new ReLU(), new MaxPool2d(2, 2, 0), new AdaptiveConcatPool2d(1), new Flatten(),
                    new Dropout(0.25, device.generator()), new Linear(device, 12, 3));
            sgd = new SGD(group("all", net.parameters()).lr(0.01).momentum(0.9));
        }

        void run(int count) {
            for (int i = 0; i < count; i++) {
                step(0, 1, 2, 0);
            }
        }

        void step(int... labels) {
            try (Scope scope = device.scope()) {
                Tensor x = device.tensor(Shape.of(labels.length, 3, 8, 8), new float[labels.length * 3 * 64]);
                Tensor loss = Functional.crossEntropy(net.call(x), device.labels(labels));
                sgd.zeroGrad();
                loss.backward();
                sgd.step();
            }
        }
    }

    // ---- beside the processor -------------------------------------------------------------------------------------

    @Test
    void fineTuningEndsAsOnTheProcessor() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        List<Double> lossesHere = new ArrayList<>();
        List<Double> lossesThere = new ArrayList<>();
        double here = accuracy(Device.opencl(), data, lossesHere);
        double there = accuracy(Device.cpu(1), data, lossesThere);
        assertEquals(lossesThere.get(0), lossesHere.get(0), 1e-5 * lossesThere.get(0));
        assertEquals(there, here, 0.01);
    }

    /** The accuracy after a short fit; adds the loss of every step. */
    private static double accuracy(Device made, ImageFolder data, List<Double> losses) {
        try (Device device = made) {
            Learner learn = learner(device, data).addListener(new TrainingListener() {
                @Override
                public void onBatch(BatchResult batch) {
                    losses.add(batch.loss());
                }
            });
            learn.fitOneCycle(3, Learner.rates(0.001, 0.01, 0.1));
            return learn.validate().accuracy();
        }
    }

    /**
     * The loss that is not finite is read at the epoch's end. The message names the layer, and the weights are those
     * before it.
     */
    @Test
    void aLossThatIsNoNumberEndsTrainingWithTheWeightsBefore() throws IOException {
        try (Device device = Device.opencl()) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 2, 7);
            Learner learn = new Learner(net, ColourFolder.in(folder));
            String message = assertThrows(DivergenceException.class, () -> learn.fit(2, 1e25)).getMessage();
            assertTrue(message.contains("in epoch 1, batch 2, "), message);
            assertTrue(message.contains("the first layer whose output is not finite is"), message);
            net.namedParameters().forEach((name, p) -> assertTrue(allFinite(p.toFloats()), name));
        }
    }

    private static Learner learner(Device device, ImageFolder data) {
        device.generator().seed(7);
        return new Learner(ResNet.of(Architecture.byName("resnet20"), device, 2, 7), data);
    }

    @Test
    void twoRunsWriteTheSameBytes() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        assertArrayEquals(trained(data, folder.resolve("one.safetensors")), trained(data, folder.resolve("two.safetensors")));
    }

    private static byte[] trained(ImageFolder data, Path file) throws IOException {
        try (Device device = Device.opencl()) {
            device.generator().seed(3);
            Learner learn = new Learner(ResNet.of(Architecture.byName("resnet20"), device, 2, 3)
                    .replaceHead(Head.CONCAT_POOL, 2), data);
            learn.fitOneCycle(1, 0.05);
            learn.save(file);
            return Files.readAllBytes(file);
        }
    }

    // ---- threads --------------------------------------------------------------------------------------------------

    @Test
    void severalThreadsPredictAtOnce() throws Exception {
        try (Device device = Device.opencl()) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 10, 5);
            net.eval();
            List<float[]> expected = new ArrayList<>();
            for (int i = 0; i < 4 * THREADS; i++) {
                expected.add(scores(net, i));
            }
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            try {
                List<Future<float[]>> scores = new ArrayList<>();
                for (int i = 0; i < expected.size(); i++) {
                    int seed = i;
                    scores.add(threads.submit(() -> scores(net, seed)));
                }
                for (int i = 0; i < scores.size(); i++) {
                    assertArrayEquals(expected.get(i), scores.get(i).get());
                }
            } finally {
                threads.shutdown();
            }
        }
    }

    private static float[] scores(ResNet net, int seed) {
        float[] image = new float[3 * 32 * 32];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) random.nextDouble(-1, 1);
        }
        try (Scope scope = net.device().scope(); NoGrad off = net.device().noGrad()) {
            return net.forward(net.device().tensor(Shape.of(1, 3, 32, 32), image)).toFloats();
        }
    }

    // ---- memory ---------------------------------------------------------------------------------------------------

    @Test
    void aBatchThatDoesNotFitIsRefusedWithOneThatMight() throws IOException {
        ImageFolder data = ColourFolder.in(folder).size(32);
        long needed;
        try (OpenClBackend backend = OpenClBackend.open()) {
            Learner learn = learner(Device.of(backend), data);
            learn.fit(1, 0.01);
            needed = backend.memory().inUse() + backend.memory().pooled() / 4;
        }
        OpenClBackend.Options tight = new OpenClBackend.Options(needed, false);
        try (OpenClBackend backend = OpenClBackend.open(OpenClDevices.best().index(), tight)) {
            Learner learn = learner(Device.of(backend), data);
            String message = assertThrows(NotEnoughMemoryException.class, () -> learn.fit(1, 0.01)).getMessage();
            String expected = "training on a batch of 6 images .* smaller batch .*at most [1-5] images? fits? at a time";
            assertTrue(message.matches(expected), message);
            assertThrows(NotEnoughMemoryException.class, () -> learn.fit(1, 0.01));
            assertTrue(learn.validate().accuracy() >= 0, "the device is still of use");
        }
    }

    private static boolean allFinite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }
}
