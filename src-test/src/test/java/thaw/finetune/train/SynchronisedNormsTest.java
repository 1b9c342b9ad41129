package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.finetune.distributed.ProcessGroup;
import thaw.finetune.distributed.Ring;
import thaw.kernels.Shape;
import thaw.kernels.reference.ReferenceBackend;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/**
 * Batch norm by the statistics of all workers equals that of one worker with all images: networks in double precision, so that rounding
 * alone changes no ReLU, but for what the workers send.
 */
@Timeout(120)
class SynchronisedNormsTest {
    private static final int SIDE = 8;
    private static final int CLASSES = 3;

    /** A worker's results after each step: its images' scores, all gradients, all running statistics. */
    private record Steps(List<float[]> scores, List<float[]> gradients, List<float[]> statistics) {
    }

    /**
     * Trains a random network for a step on each of the images' divisions.
     *
     * @param recompute whether backward computes activations again, and so their statistics
     * @param cuts      by step, worker r has the images from {@code cuts[r]} to before {@code cuts[r + 1]}
     */
    private static Steps train(ProcessGroup workers, long seed, boolean recompute, List<int[]> cuts) {
        try (Device device = Device.of(new ReferenceBackend()); Scope all = device.scope()) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, CLASSES, seed);
            if (recompute) {
                net.checkpointBlocks();
            }
            net.train();
            List<Tensor> parameters = List.copyOf(net.namedParameters().values());
            SynchronisedNorms norms = new SynchronisedNorms(workers, net, NormStatistics.SYNCHRONISED);
            StepSum sum = new StepSum(workers, net, parameters, norms);
            Steps steps = new Steps(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            try (SGD sgd = new SGD(ParamGroup.group("all", parameters).lr(0.01))) {
                for (int step = 0; step < cuts.size(); step++) {
                    int[] cut = cuts.get(step);
                    int from = cut[workers.rank()];
                    int count = (workers.isAlone() ? cut[cut.length - 1] : cut[workers.rank() + 1]) - from;
                    sgd.zeroGrad();
                    double loss = 0;
                    assertTrue(norms.begin(count > 0));
                    if (count == 0) {
                        norms.standIn(SIDE);
                        steps.scores().add(new float[0]);
                    } else {
                        try (Scope scope = device.scope()) {
                            Tensor scores = net.call(images(device, step, from, count));
                            Tensor mean = Functional.crossEntropy(scores, labels(device, from, count));
                            loss = mean.item();
                            mean.mul((double) count / cut[cut.length - 1]).backward();
                            steps.scores().add(scores.toFloats());
                        }
                    }
                    if (!workers.isAlone()) {
                        norms.end();
                        assertEquals(cut[cut.length - 1], sum.over(loss, count).images());
                    }
                    parameters.forEach(p -> steps.gradients().add(p.grad().toFloats()));
                    net.namedModules().values().stream().filter(BatchNorm2d.class::isInstance).map(BatchNorm2d.class::cast).forEach(n -> {
                        steps.statistics().add(n.runningMean().toFloats());
                        steps.statistics().add(n.runningVar().toFloats());
                    });
                    sgd.step();
                }
            }
            return steps;
        }
    }

    private static Tensor images(Device device, int step, int from, int count) {
        int length = 3 * SIDE * SIDE;
        float[] pixels = new float[count * length];
        for (int i = 0; i < count; i++) {
            SplittableRandom random = new SplittableRandom(1000L * step + from + i);
            double brightness = random.nextDouble();
            for (int at = 0; at < length; at++) {
                pixels[i * length + at] = (float) (brightness + random.nextDouble());
            }
        }
        return device.tensor(Shape.of(count, 3, SIDE, SIDE), pixels);
    }

    private static Tensor labels(Device device, int from, int count) {
        int[] labels = new int[count];
        Arrays.setAll(labels, i -> (from + i) % CLASSES);
        return device.labels(labels);
    }

    private static void assertClose(List<float[]> expected, List<float[]> given, String what) {
        assertEquals(expected.size(), given.size(), what);
        for (int i = 0; i < expected.size(); i++) {
            float most = 1e-3f;
            for (float value : expected.get(i)) {
                most = Math.max(most, Math.abs(value));
            }
            assertArrayEquals(expected.get(i), given.get(i), 1e-5f * most, what + " " + i);
        }
    }

    private static void assertSameBits(List<float[]> expected, List<float[]> given) {
        assertEquals(expected.size(), given.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), given.get(i));
        }
    }

    @Test
    void workersEqualOneWithAllTheirImages() throws Exception {
        SplittableRandom random = new SplittableRandom(2);
        for (boolean recompute : new boolean[] {false, true}) {
            long seed = random.nextLong();
            // Equal parts, unequal parts, and none for the last worker.
            List<int[]> cuts = recompute
                    ? List.of(new int[] {0, 2, 4, 6}, new int[] {0, 1, 1 + random.nextInt(1, 4), 6}, new int[] {0, 3, 6, 6})
                    : List.of(new int[] {0, 8, 16}, new int[] {0, random.nextInt(1, 4), 8}, new int[] {0, 6, 6});
            int size = cuts.get(0).length - 1;
            Steps one = train(ProcessGroup.ALONE, seed, recompute, cuts);
            List<Steps> several = Ring.of(size, workers -> train(workers, seed, recompute, cuts));
            String name = size + " workers: ";
            for (Steps of : several) {
                assertClose(one.gradients(), of.gradients(), name + "gradients");
                assertClose(one.statistics(), of.statistics(), name + "running statistics");
                assertSameBits(several.get(0).gradients(), of.gradients());
                assertSameBits(several.get(0).statistics(), of.statistics());
            }
            List<float[]> scores = new ArrayList<>();
            for (int step = 0; step < cuts.size(); step++) {
                FloatBuffer joined = FloatBuffer.allocate(one.scores().get(step).length);
                for (Steps of : several) {
                    joined.put(of.scores().get(step));
                }
                assertEquals(0, joined.remaining());
                scores.add(joined.array());
            }
            assertClose(one.scores(), scores, name + "scores");
        }
    }

    /** Σx² − (Σx)²/M would lose the variance in float precision. */
    @Test
    void aMeanFarFromZeroLeavesTheVariance() throws Exception {
        float[] all = new float[2 * 5 * 3 * 4];
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) (300 + (i < all.length / 2 ? 0 : 0.1) + 0.1 * random.nextDouble());
        }
        Ring.of(2, workers -> {
            try (Device device = Device.cpu(1); Scope scope = device.scope()) {
                BatchNorm2d norm = new BatchNorm2d(device, 3);
                norm.synchronise(new SynchronisedNorms.Round(workers, true));
                int half = all.length / 2;
                float[] y = norm.call(device.tensor(Shape.of(5, 3, 2, 2), Arrays.copyOfRange(all, workers.rank() * half,
                        (workers.rank() + 1) * half))).toFloats();
                for (int c = 0; c < 3; c++) {
                    int channel = c;
                    double[] values = IntStream.range(0, all.length).filter(i -> i / 4 % 3 == channel).mapToDouble(i -> all[i]).toArray();
                    double mean = Arrays.stream(values).average().orElseThrow();
                    double var = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / values.length;
                    assertEquals(0.1 * mean, norm.runningMean().toFloats()[c], 1e-5);
                    assertEquals(0.9 + 0.1 * var * 40 / 39, norm.runningVar().toFloats()[c], 2e-6);
                    for (int i = 0; i < half; i++) {
                        if (i / 4 % 3 == c) {
                            assertEquals((all[workers.rank() * half + i] - mean) / Math.sqrt(var + 1e-5), y[i], 1e-3);
                        }
                    }
                }
                return null;
            }
        });
    }

    @Test
    void oneValueOfAllWorkersIsRefusedByAll() throws Exception {
        for (boolean both : new boolean[] {true, false}) {
            List<Boolean> refused = Ring.of(2, workers -> {
                try (Device device = Device.cpu(1); Scope scope = device.scope()) {
                    BatchNorm2d norm = new BatchNorm2d(device, 2);
                    norm.synchronise(new SynchronisedNorms.Round(workers, both || workers.rank() == 0));
                    norm.call(device.tensor(Shape.of(1, 2), 1f + workers.rank(), 2f));
                    return false;
                } catch (IllegalArgumentException one) {
                    return true;
                }
            });
            assertEquals(List.of(!both, !both), refused);
        }
    }
}
