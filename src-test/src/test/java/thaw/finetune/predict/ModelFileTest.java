package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Tensor;
import thaw.engine.io.DType;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.Crop;
import thaw.finetune.images.Transforms;
import thaw.finetune.train.ColourFolder;
import thaw.finetune.train.Learner;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.BlockKind;
import thaw.resnet.Family;
import thaw.resnet.Head;
import thaw.resnet.Network;
import thaw.resnet.OnnxRuntime;
import thaw.resnet.ResNet;

class ModelFileTest {
    private static final Transforms TRANSFORMS = Transforms.of(20).resize(31).crop(Crop.RANDOM).flip(false);
    private static final List<String> CLASSES = List.of("Käse", "\"quoted, with commas\"", "犬");

    @TempDir
    private Path folder;

    @Test
    void aTrainedNetworkComesBackWithTheSameScores() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        Path file = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(2)) {
            ResNet net = ResNet.resnet20(device, 2).replaceHead(Head.CONCAT_POOL, 2);
            Learner learn = new Learner(net, data);
            learn.fitOneCycle(1, 0.05);
            learn.save(file);

            ModelFile model = ModelFile.read(file);
            assertEquals(data.classes(), model.classes());
            assertEquals(data.transforms(), model.transforms());
            assertEquals(net.describe(), model.network());
            assertArrayEquals(scores(net, 3), scores(model.toNet(device), 3));
            ModelFile streamed = ModelFile.read(new ByteArrayInputStream(Files.readAllBytes(file)));
            assertArrayEquals(scores(net, 3), scores(streamed.toNet(device), 3));
        }
    }

    @Test
    void everythingComesBackAndIsWrittenAgainToTheSameBytes() throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 10).adaptStem(4).replaceHead(CLASSES.size());
            ModelFile.of(net, CLASSES, TRANSFORMS).write(file);

            ModelFile model = ModelFile.read(file);
            assertEquals(CLASSES, model.classes());
            assertEquals(TRANSFORMS, model.transforms());
            Network loaded = model.toNet(device);
            assertEquals(4, loaded.inputChannels());
            assertArrayEquals(scores(net, 4), scores(loaded, 4));

            Path copy = folder.resolve("copy.safetensors");
            model.write(copy);
            assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(copy));
        }
    }

    /** A model that was exported is a model file, which gives the same bytes again in either format. */
    @Test
    void comesBackFromOnnx() throws IOException {
        Path exported = folder.resolve("model.onnx");
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, CLASSES.size());
            net.call(device.tensor(Shape.of(2, 3, 20, 20), new float[2 * 3 * 20 * 20]));
            ModelFile model = ModelFile.of(net, CLASSES, TRANSFORMS);
            model.writeOnnx(exported);
            try (OnnxRuntime runtime = OnnxRuntime.open(exported)) {
                Map<String, String> metadata = new LinkedHashMap<>(runtime.metadata());
                assertEquals("bilinear", metadata.remove("transforms.interpolation"));
                assertEquals("1", metadata.get("bn1.num_batches_tracked"));
                metadata.keySet().removeIf(key -> key.endsWith("num_batches_tracked"));
                Map<String, String> own = new LinkedHashMap<>(model.metadata());
                own.remove("format");
                assertEquals(own, metadata);
                assertEquals("[-1, 3, 20, 20]", runtime.inputShape());
            }
            ModelFile read = ModelFile.read(exported);
            model.write(folder.resolve("before.safetensors"));
            read.write(folder.resolve("after.safetensors"));
            assertEquals(-1, Files.mismatch(folder.resolve("before.safetensors"), folder.resolve("after.safetensors")));
            read.writeOnnx(folder.resolve("again.onnx"));
            assertEquals(-1, Files.mismatch(exported, folder.resolve("again.onnx")));
        }
    }

    /** Metadata and names for other programs: {@code format=pt}, and torchvision's names. */
    @Test
    void isAPlainStateDictForOthers() throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet18(device, 3);
            ModelFile.of(net, CLASSES, TRANSFORMS).write(file);
            Weights weights = Weights.read(file);
            assertEquals("pt", weights.metadata().get("format"));
            assertEquals("resnet18", weights.metadata().get("architecture"));
            assertEquals(net.stateDict().keySet(), weights.keySet());
            assertEquals(Shape.of(3, 512), weights.get("fc.weight").shape());
            assertEquals(DType.I64, weights.get("layer4.1.bn2.num_batches_tracked").dtype());
        }
    }

    @Test
    void aModelIsNotChangedByLaterTraining() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            ModelFile model = ModelFile.of(net, data.classes(), data.transforms());
            float[] before = model.weights().get("fc.weight").toFloats();
            new Learner(net, data).fit(1, 0.1);
            assertArrayEquals(before, model.weights().get("fc.weight").toFloats());
        }
    }

    @Test
    void aFailedSaveLeavesTheOldModelAndNothingElse() throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(1)) {
            ModelFile model = ModelFile.of(ResNet.resnet20(device, 3), CLASSES, TRANSFORMS);
            model.write(file);
            byte[] before = Files.readAllBytes(file);

            Map<String, StoredTensor> failing = new LinkedHashMap<>(model.weights());
            failing.put("layer1.0.conv1.weight", new Unreadable());
            ModelFile broken = new ModelFile(model.network(), CLASSES, TRANSFORMS, Weights.of(failing, Map.of()));
            assertThrows(IllegalStateException.class, () -> broken.write(file));

            assertArrayEquals(before, Files.readAllBytes(file));
            try (Stream<Path> files = Files.list(folder)) {
                assertEquals(List.of(file), files.toList());
            }
        }
    }

    /** A tensor that fails on reading, like a file on a disk that is removed during a copy. */
    private record Unreadable() implements StoredTensor {
        @Override
        public DType dtype() {
            return DType.F32;
        }

        @Override
        public Shape shape() {
            return Shape.of(16, 16, 3, 3);
        }

        @Override
        public ByteBuffer bytes() {
            throw new IllegalStateException("gone");
        }
    }

    @Test
    void saysWhatIsNoModel() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 3);
            Weights.write(file, net.stateDict(), Map.of("format", "pt"));
            assertEquals(file + ": has weights, but no 'class_names' in its metadata; expected a model saved by a Learner, which"
                    + " stores its architecture, classes and transforms", messageOf(() -> ModelFile.read(file)));

            Map<String, String> metadata = new LinkedHashMap<>(net.describe());
            metadata.putAll(TRANSFORMS.toMap());
            metadata.put("class_names", "cats, dogs");
            Weights.write(file, net.stateDict(), metadata);
            assertTrue(messageOf(() -> ModelFile.read(file))
                    .contains("class_names: expected a JSON array of names, got 'cats, dogs'"));

            metadata.put("class_names", "[\"cats\",\"dogs\"]");
            Weights.write(file, net.stateDict(), metadata);
            ModelFile two = ModelFile.read(file);
            assertTrue(messageOf(() -> two.toNet(device)).contains("has 3 classes, 2 names are given: [cats, dogs]"));

            metadata.put("threshold", "1.5");
            Weights.write(file, net.stateDict(), metadata);
            assertTrue(messageOf(() -> ModelFile.read(file)).contains("threshold: expected a probability between 0 and 1"));
            metadata.remove("threshold");

            metadata.remove("transforms.size");
            Weights.write(file, net.stateDict(), metadata);
            assertTrue(messageOf(() -> ModelFile.read(file)).startsWith(file + ": the metadata has no 'transforms.size'"));
        }
    }

    @Test
    void refusesWhatCouldNotBeReadBack() {
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 3);
            assertTrue(messageOf(() -> ModelFile.of(net, List.of("a", "b"), TRANSFORMS)).contains("3 classes, 2 names"));
            assertTrue(messageOf(() -> ModelFile.of(net, List.of("a", "b", "a"), TRANSFORMS)).contains("different names"));
            ResNet own = ResNet.of(new Architecture("mine", Family.CIFAR, BlockKind.BASIC, List.of(1, 1), 1, 64), device, 3);
            assertTrue(messageOf(() -> ModelFile.of(own, CLASSES, TRANSFORMS)).contains("mine is none of those"));
        }
    }

    private static String messageOf(Executable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong).getMessage();
    }

    private static float[] scores(Network net, int channels) {
        Device device = net.device();
        net.eval();
        float[] pixels = new float[2 * channels * 20 * 20];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(i);
        }
        try (NoGrad off = device.noGrad()) {
            Tensor x = device.tensor(Shape.of(2, channels, 20, 20), pixels);
            return net.call(x).toFloats();
        }
    }
}
