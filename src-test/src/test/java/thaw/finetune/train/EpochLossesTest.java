package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.kernels.Backend;
import thaw.kernels.cpu.CpuBackend;
import thaw.resnet.ResNet;

/**
 * On an asynchronous device, training reads nothing between steps, reports all losses, and stops at the first one that is
 * not finite.
 */
class EpochLossesTest {

    @TempDir
    private Path folder;
    private ImageFolder data;

    @BeforeEach
    void makeImages() throws IOException {
        ColourFolder.fill(folder.resolve("train"), 35, 1);
        ColourFolder.fill(folder.resolve("valid"), 8, 2);
        data = ImageFolder.of(folder).size(8).batch(2).seed(3);
    }

    /** A CPU device that counts reads and can declare itself asynchronous. */
    private static final class Counted implements AutoCloseable {
        private final Device device;
        private int reads;

        Counted(boolean asynchronous) {
            Backend inner = CpuBackend.create(1);
            Class<?>[] types = {Backend.class};
            device = Device.of((Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), types, (proxy, method, args) -> {
                if (method.getName().equals("isAsynchronous")) {
                    return asynchronous;
                }
                reads += method.getName().equals("read") ? 1 : 0;
                try {
                    return method.invoke(inner, args);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            }));
        }

        Learner learner(ImageFolder data) {
            return new Learner(ResNet.resnet20(device, 2), data);
        }

        @Override
        public void close() {
            device.close();
        }
    }

    @Test
    void nothingIsReadBetweenSteps() {
        List<Integer> reads = new ArrayList<>();
        try (Counted counted = new Counted(true)) {
            counted.learner(data).addListener(new TrainingListener() {
                @Override
                public void onBatch(BatchResult batch) {
                    reads.add(counted.reads);
                }

                @Override
                public void onValidation(int images, int all) {
                    reads.add(counted.reads);
                }
            }).fit(1, 0.01);
            assertEquals(35 + 8, reads.size());
            // Of 35 losses, 32 are read together once that many have accumulated, and 3 at the epoch's end; validation
            // reads scores, losses and features of its batches at its end.
            for (int i = 1; i < reads.size(); i++) {
                int expected = i == 31 ? 32 : i == 35 ? 3 : 0;
                assertEquals(expected, reads.get(i) - reads.get(i - 1), "reads before event " + i);
            }
            assertEquals(reads.get(reads.size() - 1) + 3 * 8, counted.reads);
        }
    }

    private <T> T fit(boolean asynchronous, Function<Learner, T> use) {
        try (Counted counted = new Counted(asynchronous)) {
            return use.apply(counted.learner(data));
        }
    }

    @Test
    void whoeverAsksHearsTheSameNumbers() {
        Function<Learner, List<Double>> losses = learn -> {
            List<Double> heard = new ArrayList<>();
            learn.addListener(new TrainingListener() {
                @Override
                public void onBatch(BatchResult batch) {
                    if (batch.batch() % 3 == 0) {
                        heard.add(batch.loss());
                    }
                }

                @Override
                public void onEpoch(EpochResult epoch) {
                    heard.add(epoch.trainLoss());
                    heard.add(epoch.valid().loss());
                    heard.add(epoch.valid().accuracy());
                }
            });
            learn.settings(FitSettings.sgd().accumulate(3)).fit(2, 0.01);
            return heard;
        };
        List<Double> expected = fit(false, losses);
        assertTrue(expected.stream().allMatch(Double::isFinite));
        assertEquals(expected, fit(true, losses));
    }

    /** The message and the parameters of a fit that diverged. */
    private record Failure(String message, Map<String, float[]> parameters) {
    }

    private static Failure failure(Learner learn, Runnable fit) {
        String message = assertThrows(DivergenceException.class, fit::run).getMessage();
        Map<String, float[]> parameters = new LinkedHashMap<>();
        learn.model().weights().forEach((name, tensor) -> {
            if (!name.contains("running_") && !name.contains("num_batches")) {
                parameters.put(name, tensor.toFloats());
            }
        });
        return new Failure(message, parameters);
    }

    /** The second batch's loss is not finite. It is read late, and the parameters are still those that gave it. */
    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adamw"})
    void aLateDiscoveryIsAsGoodAsAnEarlyOne(String optimizer) {
        Function<Learner, Failure> overflow = learn -> {
            learn.settings(FitSettings.of(OptimizerRecipe.of(optimizer)));
            return failure(learn, () -> learn.fit(1, 1e25));
        };
        Failure early = fit(false, overflow);
        Failure late = fit(true, overflow);
        assertEquals(early.message, late.message);
        assertTrue(early.message.contains("in epoch 1, batch 2"), early.message);
        assertTrue(early.message.contains("the first layer whose output is not finite is"), early.message);
        early.parameters.forEach((name, values) -> {
            assertTrue(FirstNonFinite.isFinite(values), name);
            assertArrayEquals(values, late.parameters.get(name), name);
        });
    }

    @Test
    void noStateIsGivenOfWhatHasGoneWrong() {
        String message = fit(true, learn -> failure(learn.addListener(new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                if (batch.batch() == 4) {
                    learn.state();
                }
                assertTrue(batch.batch() < 5, "went on");
            }
        }), () -> learn.fit(1, 1e25))).message;
        assertTrue(message.contains("in epoch 1, batch 2"), message);
    }
}
