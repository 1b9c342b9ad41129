package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.kernels.Shape;

/** Several threads evaluate one network on one device, while its worker threads are busy and its weights not yet rearranged. */
class ConcurrentEvaluationTest {

    private static final int THREADS = 4;

    @Test
    void manyThreadsGetTheBitsThatOneGets() throws Exception {
        try (Device alone = Device.cpu(1); Device shared = Device.cpu(2)) {
            ResNet expected = ResNet.of(Architecture.byName("resnet20"), alone, 10, 5);
            expected.eval();
            ResNet net = ResNet.of(Architecture.byName("resnet20"), shared, 10, 5);
            net.eval();
            long weights = shared.backend().memory().inUse();
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            try {
                List<Future<float[]>> scores = new ArrayList<>();
                for (int i = 0; i < 4 * THREADS; i++) {
                    int seed = i;
                    scores.add(threads.submit(() -> scores(net, seed)));
                }
                for (int i = 0; i < scores.size(); i++) {
                    assertArrayEquals(scores(expected, i), scores.get(i).get());
                }
            } finally {
                threads.shutdown();
            }
            net.parameters().forEach(p -> p.set(p.toFloats()));
            scores(net, 0);
            net.release();
            assertEquals(0, shared.backend().memory().inUse(), "bytes still in use, of " + weights + " bytes of weights");
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
}
