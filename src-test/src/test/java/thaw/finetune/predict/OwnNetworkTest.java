package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.AdaptiveAvgPool2d;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Flatten;
import thaw.engine.nn.Linear;
import thaw.engine.nn.LoadReport;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;
import thaw.engine.nn.ReLU;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.Transforms;
import thaw.finetune.train.ColourFolder;
import thaw.finetune.train.Learner;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.parity.Filled;
import thaw.resnet.Granularity;
import thaw.resnet.GroupTable;
import thaw.resnet.Layer;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;
import thaw.resnet.NetworkFamily;
import thaw.resnet.OnnxRuntime;
import thaw.resnet.Outline;
import thaw.resnet.ReceptiveField;

/** A family of networks that a user writes is trained, saved and read like a ResNet. */
public class OwnNetworkTest {

    private static final int CHANNELS = 8;

    /** One convolution and a head. */
    private static final class Tiny extends Network {

        private final Device device;
        private int classes;

        Tiny(Device device, int classes) {
            this.device = device;
            child("conv", Conv2d.withoutBias(device, 3, CHANNELS, 3, Conv2dOptions.of(2, 1)));
            child("norm", new BatchNorm2d(device, CHANNELS));
            child("relu", new ReLU());
            child("pool", new AdaptiveAvgPool2d(1));
            child("flatten", new Flatten());
            replaceHead(classes);
        }

        private static Tensor run(Tensor x, Module... modules) {
            Tensor y = x;
            for (Module module : modules) {
                y = module.call(y);
            }
            return y;
        }

        private Module at(String name) {
            return children().get(name);
        }

        @Override
        public String name() {
            return "tiny";
        }

        @Override
        public Device device() {
            return device;
        }

        @Override
        public int classes() {
            return classes;
        }

        @Override
        public int inputChannels() {
            return 3;
        }

        @Override
        public Tensor features(Tensor x) {
            return run(x, at("conv"), at("norm"), at("relu"));
        }

        @Override
        public Tensor pooled(Tensor x) {
            return run(features(x), at("pool"), at("flatten"));
        }

        @Override
        public Tensor classify(Tensor pooled) {
            return at("fc").call(pooled);
        }

        @Override
        public Tensor forward(Tensor x) {
            return classify(pooled(x));
        }

        @Override
        protected String onnx(OnnxGraph graph, String x) {
            return graph.call(children().values(), x);
        }

        @Override
        public List<LayerGroup> groups(Granularity granularity) {
            return List.of(new LayerGroup("body", Map.of("conv", at("conv"), "norm", at("norm"))),
                    new LayerGroup("head", Map.of("fc", at("fc"))));
        }

        @Override
        public Outline outline(int height, int width) {
            return new Outline(List.of(new Layer("conv", "conv 3×3, stride 2", Shape.of(CHANNELS, 3, 3, 3),
                    Shape.of(CHANNELS, (height + 1) / 2, (width + 1) / 2), 3 * 3 * 3 * CHANNELS, new ReceptiveField(3, 2)),
                    new Layer("fc", "linear", Shape.of(classes, CHANNELS), Shape.of(classes), classes * (CHANNELS + 1L),
                            new ReceptiveField(Math.max(height, width), 1))));
        }

        @Override
        public Map<String, String> describe() {
            return new LinkedHashMap<>(Map.of("architecture", name(), "classes", String.valueOf(classes)));
        }

        @Override
        public Network replaceHead(int newClasses) {
            child("fc", new Linear(device, CHANNELS, newClasses));
            classes = newClasses;
            return this;
        }

        @Override
        public LoadReport loadPretrained(Map<String, ? extends StoredTensor> state, boolean keepHead) {
            return loadStateDict(state, true);
        }

        @Override
        public boolean isPretrained() {
            return false;
        }

        @Override
        public Map<String, StoredTensor> bodyStateDict() {
            Map<String, StoredTensor> body = stateDict();
            body.keySet().removeIf(name -> name.startsWith("fc."));
            return body;
        }
    }

    /** Named in {@code META-INF/services/thaw.resnet.NetworkFamily} of the tests. */
    public static final class TinyFamily implements NetworkFamily {

        @Override
        public List<String> architectures() {
            return List.of("tiny");
        }

        @Override
        public Network create(Map<String, String> metadata, Map<String, ? extends StoredTensor> weights, Device device) {
            Network net = new Tiny(device, Integer.parseInt(metadata.get("classes")));
            net.loadStateDict(weights);
            return net;
        }
    }

    @Test
    void isTrainedSavedAndReadAgain(@TempDir Path folder) throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        Path file = folder.resolve("tiny.safetensors");
        try (Device device = Device.cpu(2)) {
            Network net = new Tiny(device, data.classes().size());
            Learner learn = new Learner(net, data);
            learn.freeze().fitOneCycle(2, 0.1);
            double trained = learn.unfreeze().fitOneCycle(6, Learner.rates(0.1, 0.3)).epochs().get(5).valid().accuracy();
            assertTrue(trained >= 0.9, () -> "two plain colours are easy to tell apart: " + trained);
            assertEquals(List.of("body", "head"), learn.groups().stream().map(LayerGroup::name).toList());
            learn.save(file);

            Network read = ModelFile.read(file).toNet(device);
            assertEquals("tiny", read.name());
            Tensor images = device.full(Shape.of(2, 3, 8, 8), 0.5);
            assertArrayEquals(net.call(images).toFloats(), read.call(images).toFloats());
            assertEquals(List.of("conv"),
                    GroupTable.of(read, 8, Granularity.COARSE).groups().get(0).layers().stream().map(Layer::name).toList());
        }
        try (Classifier classifier = Classifier.load(file)) {
            assertEquals(data.classes().size(), classifier.classes().size());
        }
    }

    @Test
    void isExported(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tiny.onnx");
        try (Device device = Device.cpu(1)) {
            Network net = new Tiny(device, 2);
            ModelFile.of(net, List.of("blue", "red"), Transforms.of(9)).writeOnnx(file);
            float[] images = Filled.fill("input", 2 * 3 * 9 * 9);
            try (OnnxRuntime runtime = OnnxRuntime.open(file)) {
                assertArrayEquals(net.eval().call(device.tensor(Shape.of(2, 3, 9, 9), images)).toFloats(), runtime.logits(images, 2, 9),
                        1e-5f);
            }
        }
    }

    /** Threads of an application server may have a class loader without Thaw. */
    @Test
    void theFamilyIsFoundWhateverTheThreadsClassLoader() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (Device device = Device.cpu(1)) {
            Network net = new Tiny(device, 2);
            thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
            assertEquals("tiny", Network.fromMetadata(net.describe(), net.stateDict(), device).name());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void anUnknownFamilyIsNamedWithTheKnownOnes() {
        try (Device device = Device.cpu(1)) {
            String message = assertThrows(IllegalArgumentException.class, () -> Network.fromMetadata(
                    Map.of("architecture", "vgg16", "classes", "2"), Map.of(), device)).getMessage();
            assertTrue(message.contains("vgg16") && message.contains("resnet18") && message.contains("tiny"), message);
        }
    }
}
