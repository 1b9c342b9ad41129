package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import thaw.Extent;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.ForwardHook;
import thaw.finetune.augment.Corruption;
import thaw.finetune.data.Batch;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.data.Sample;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.predict.LabelSet;
import thaw.resnet.Architecture;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;

class BatchNormAdaptationTest {

    private static final Transforms CIFAR = Transforms.of(32).resize(32).flip(false);

    /** Images in memory. */
    private record Images(List<Sample> samples, List<RgbImage> images) implements Dataset {
        @Override
        public int length() {
            return samples.size();
        }

        @Override
        public Sample sample(int index) {
            return samples.get(index);
        }

        @Override
        public RgbImage image(int index) {
            return images.get(index);
        }

        Images corrupted(Corruption.Kind kind) {
            return new Images(samples, IntStream.range(0, length()).mapToObj(i -> new Corruption(kind, 5).apply(images.get(i), 32,
                    new SplittableRandom(i))).toList());
        }

        Images part(int from, int to) {
            return new Images(samples.subList(from, to), images.subList(from, to));
        }

        BatchLoader loader(int batch) {
            List<String> classes = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
            return new BatchLoader(this, new LabelSet(classes, false), CIFAR, LoaderOptions.evaluation(batch));
        }
    }

    private static Images noise(int count) {
        SplittableRandom random = new SplittableRandom(5);
        List<RgbImage> images = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] rgb = new byte[3 * 32 * 32];
            random.nextBytes(rgb);
            images.add(RgbImage.of(32, 32, rgb));
        }
        return new Images(IntStream.range(0, count).mapToObj(i -> new Sample(Path.of("image-" + i), i % 10)).toList(), images);
    }

    /** Each layer's statistics are the formula's mixture of its own and those of its inputs, as the adapted network has them. */
    @Test
    void everyLayerHasTheMixture() {
        Images images = noise(12);
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 10, 3);
            SplittableRandom random = new SplittableRandom(1);
            List<BatchNorm2d> norms = net.namedModules().values().stream().filter(BatchNorm2d.class::isInstance)
                    .map(BatchNorm2d.class::cast).toList();
            for (BatchNorm2d norm : norms) {
                int channels = norm.runningMean().shape().size();
                norm.runningMean().set(floats(channels, () -> random.nextDouble(-1, 1)));
                norm.runningVar().set(floats(channels, () -> random.nextDouble(0.5, 2)));
            }
            Map<BatchNorm2d, double[][]> before = new LinkedHashMap<>();
            norms.forEach(norm -> before.put(norm, new double[][] {norm.runningMean().toDoubles(), norm.runningVar().toDoubles()}));
            net.train();
            new BatchNormAdaptation(4).adapt(net, images.loader(12));
            assertTrue(net.isTraining() && norms.get(3).isTraining());
            Map<BatchNorm2d, double[][]> inputs = new LinkedHashMap<>();
            List<ForwardHook.Registration> hooks = new ArrayList<>();
            norms.forEach(norm -> hooks.add(norm.beforeForward((m, x) -> inputs.put(norm, moments(x)))));
            net.eval();
            try (Batches batches = images.loader(12).epoch(0); Scope scope = device.scope()) {
                Batch batch = batches.next();
                batch.scores(net);
            }
            hooks.forEach(ForwardHook.Registration::close);
            assertEquals(19, inputs.size());
            for (BatchNorm2d norm : norms) {
                for (int c = 0; c < before.get(norm)[0].length; c++) {
                    assertEquals(0.25 * before.get(norm)[0][c] + 0.75 * inputs.get(norm)[0][c], norm.runningMean().toDoubles()[c], 1e-4);
                    assertEquals(0.25 * before.get(norm)[1][c] + 0.75 * inputs.get(norm)[1][c], norm.runningVar().toDoubles()[c], 1e-4);
                }
            }
        }
    }

    /** The first layer's inputs depend on no statistics, so any batches give the mean and variance over all images. */
    @Test
    void batchesAddUp() {
        Images images = noise(30);
        List<double[]> found = new ArrayList<>();
        for (int batch : new int[] {7, 30}) {
            try (Device device = Device.cpu(1)) {
                ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 10, 3);
                new BatchNormAdaptation(0).adapt(net, images.loader(batch));
                BatchNorm2d first = (BatchNorm2d) net.namedModules().get("bn1");
                found.add(first.runningMean().toDoubles());
                found.add(first.runningVar().toDoubles());
            }
        }
        for (int c = 0; c < found.get(0).length; c++) {
            assertEquals(found.get(2)[c], found.get(0)[c], 1e-5);
            assertEquals(found.get(3)[c], found.get(1)[c], 1e-5);
        }
        assertThrows(IllegalArgumentException.class, () -> new BatchNormAdaptation(-1));
    }

    private static float[] floats(int count, java.util.function.DoubleSupplier each) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) each.getAsDouble();
        }
        return values;
    }

    /** The mean and the variance of each channel of {@code [N, C, H, W]}. */
    private static double[][] moments(Tensor x) {
        int channels = x.shape().dim(1);
        int plane = x.shape().dim(2) * x.shape().dim(3);
        double[] values = x.toDoubles();
        double[][] moments = new double[2][channels];
        double count = values.length / (double) channels;
        for (int i = 0; i < values.length; i++) {
            moments[0][i / plane % channels] += values[i] / count;
        }
        for (int i = 0; i < values.length; i++) {
            double off = values[i] - moments[0][i / plane % channels];
            moments[1][i / plane % channels] += off * off / count;
        }
        return moments;
    }

    /**
     * ResNet-20 of CIFAR-10 at severity 5, with other images to measure than to adapt to: the mean accuracy rises by ten points or
     * more, by half of that from 32 images. On clean images it falls by half a point at most from
     * the 80.4 % of {@code SharedEvaluationTest}.
     */
    @Test
    void raisesTheAccuracyOnCorruptedImages() throws IOException {
        Path shared = Path.of(System.getProperty("shared.dir", "../../shared"), "data").toAbsolutePath().normalize();
        assumeTrue(Files.isDirectory(shared), "skipped: no " + shared + "; set -Dshared.dir to run on the real data");
        List<Sample> samples = new ArrayList<>(ImageFolder.of(shared.resolve("cifar10-test")).evaluation());
        Collections.shuffle(samples, new Random(1));
        Dataset files = new Dataset.OfFiles(samples, 1 << 20);
        Images clean = new Images(samples, IntStream.range(0, files.length()).mapToObj(files::image).toList());
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.fromWeights(NetworkWeights.in(Weights.read(shared.resolve("weights/resnet20-12fca82f.th"))), device);
            Map<String, StoredTensor> start = net.stateDict();
            double none = 0;
            double few = 0;
            double many = 0;
            List<Corruption.Kind> kinds = Extent.everyNth(6, Stream.of(Corruption.Kind.values()));
            for (Corruption.Kind kind : kinds) {
                Images adapt = clean.part(0, 250).corrupted(kind);
                Images test = clean.part(750, 1000).corrupted(kind);
                none += accuracy(net, test) / kinds.size();
                few += adapted(net, start, adapt.part(0, 32), test) / kinds.size();
                many += adapted(net, start, adapt, test) / kinds.size();
            }
            double after = adapted(net, start, clean, clean);
            String found = none + ", " + few + " by 32 images, " + many + " by 250; clean " + after;
            assertTrue(many - none >= 0.10 && few - none >= 0.05, found);
            assertTrue(after >= 0.804 - 0.005, found);
        }
    }

    private static double accuracy(ResNet net, Images images) {
        BatchLoader loader = images.loader(100);
        return Evaluation.of(net, loader, Objective.standard(loader.labels()), done -> {}).accuracy();
    }

    private static double adapted(ResNet net, Map<String, StoredTensor> start, Images images, Images test) {
        BatchNormAdaptation.to(images.length()).adapt(net, images.loader(64));
        double accuracy = accuracy(net, test);
        net.restore(start);
        return accuracy;
    }
}
