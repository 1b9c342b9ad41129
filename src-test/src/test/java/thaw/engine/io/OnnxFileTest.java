package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.io.OnnxAttacks.bytes;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.kernels.Shape;

/** ONNX models of PyTorch's exporters and of Thaw, and damaged ones. */
class OnnxFileTest {

    private static final Set<String> CONVOLUTIONS = Set.of("conv1", "layer1.0.conv1", "layer1.0.downsample.0");

    @TempDir
    private Path folder;

    /** The examples of the page on the encoding of protocol buffers, and a negative number and a float. */
    @Test
    void theEncoding() {
        ProtobufMessage number = new ProtobufMessage().number(1, 150);
        assertEquals("089601", HexFormat.of().formatHex(bytes(number)));
        assertEquals("120774657374696e67", HexFormat.of().formatHex(bytes(new ProtobufMessage().text(2, "testing"))));
        assertEquals("1a03089601", HexFormat.of().formatHex(bytes(new ProtobufMessage().message(3, number))));
        assertEquals("08feffffffffffffffff01", HexFormat.of().formatHex(bytes(new ProtobufMessage().number(1, -2))));
        assertEquals("150000803f", HexFormat.of().formatHex(bytes(new ProtobufMessage().number(2, 1f))));
    }

    /** Long contents are not copied, but written in their place. */
    @Test
    void longContents() {
        byte[] content = new byte[10_000];
        content[9_999] = 7;
        byte[] message = bytes(new ProtobufMessage().number(1, 1)
                .message(2, new ProtobufMessage().text(1, "a").bytes(2, ByteBuffer.wrap(content)).text(3, "b")).number(4, 2));
        assertEquals("0801" + "12994e" + "0a0161" + "12904e", HexFormat.of().formatHex(message, 0, 11));
        assertEquals("071a01622002", HexFormat.of().formatHex(message, message.length - 6, message.length));
    }

    private static void assertSame(StoredTensor expected, StoredTensor given, String name) {
        assertEquals(expected.shape(), given.shape(), name);
        assertEquals(expected.bytes(), given.bytes(), name);
    }

    @Test
    void aModelWithNorms() throws IOException {
        Weights state = Weights.read(Fixture.file("onnx_state.pth"));
        Weights read = Weights.read(Fixture.file("onnx_norms.onnx"));
        Set<String> names = new TreeSet<>(state.keySet());
        names.removeIf(name -> name.endsWith("num_batches_tracked"));
        assertEquals(names, new TreeSet<>(read.keySet()));
        names.forEach(name -> assertSame(state.get(name), read.get(name), name));
        assertEquals("layer1.0.conv1=2 layer1.0.downsample.0=2", read.metadata().get("onnx.strides"));
        assertFalse(read.metadata().containsKey("onnx.dilations"));
    }

    /** Names from tensors, or, by the older exporter, from nodes; values within the file, or in a file beside it. */
    @ParameterizedTest
    @ValueSource(strings = {"onnx_merged.onnx", "onnx_beside.onnx"})
    void aModelWithMergedNorms(String name) throws IOException {
        for (String file : List.of(name, "onnx_beside.onnx.data")) {
            Files.write(folder.resolve(file), Fixture.bytes(file));
        }
        Weights state = Weights.read(Fixture.file("onnx_state.pth"));
        Weights read = Weights.read(folder.resolve(name));
        Set<String> names = new TreeSet<>(Set.of("fc.weight", "fc.bias"));
        CONVOLUTIONS.forEach(conv -> names.addAll(Set.of(conv + ".weight", conv + ".bias")));
        assertEquals(names, new TreeSet<>(read.keySet()));
        assertSame(state.get("fc.weight"), read.get("fc.weight"), "fc.weight");
        for (String conv : CONVOLUTIONS) {
            String norm = conv.endsWith("conv1") ? conv.replace("conv1", "bn1") : conv.replace(".0", ".1").replace("layer1.1", "layer1.0");
            float[] mean = state.get(norm + ".running_mean").toFloats();
            float[] var = state.get(norm + ".running_var").toFloats();
            float[] weight = state.get(conv + ".weight").toFloats();
            for (int i = 0; i < weight.length; i++) {
                weight[i] /= (float) Math.sqrt(var[i / (weight.length / var.length)] + 1e-5);
            }
            assertArrayEquals(weight, read.get(conv + ".weight").toFloats(), 1e-6f);
            for (int c = 0; c < mean.length; c++) {
                assertEquals(-mean[c] / Math.sqrt(var[c] + 1e-5), read.get(conv + ".bias").toFloats()[c], 1e-6);
            }
        }
    }

    @Test
    void valuesBesideAModel() throws IOException {
        byte[] model = Fixture.bytes("onnx_beside.onnx");
        Path file = Files.write(folder.resolve("onnx_beside.onnx"), model);
        assertRefused(() -> Weights.read(file), "onnx_beside.onnx.data", "is missing");
        assertRefused(() -> Weights.read(new ByteArrayInputStream(model)), "onnx_beside.onnx.data", "give the model's path");
        Files.write(folder.resolve("onnx_beside.onnx.data"), new byte[9]);
        assertRefused(() -> Weights.read(file), "which has 9", "is the download complete?");
    }

    @ParameterizedTest
    @CsvSource({"../secret, lie beside it", "/etc/passwd, lie beside it", "'', lie beside it", ".., lie beside it", "., lie beside it",
        "'..\\secret', lie beside it", "'a\n/../../secret', lie beside it", "'/etc/\n', lie beside it"})
    void valuesElsewhere(String location, String reason) throws IOException {
        Files.write(folder.resolve("secret"), new byte[64]);
        Files.createDirectory(folder.resolve("models"));
        ProtobufMessage tensor = new ProtobufMessage().number(1, 2).number(2, 1).text(8, "a.weight").number(14, 1)
                .message(13, new ProtobufMessage().text(1, "location").text(2, location));
        assertRefused(() -> Weights.read(Files.write(folder.resolve("models/m.onnx"), model(tensor))), reason, "a.weight");
    }

    /** However many graphs a model has, it maps a file beside it once: a process has a limit of about 65,000 mappings. */
    @Test
    void valuesBesideManyGraphs() throws IOException {
        Files.write(folder.resolve("values"), new byte[4]);
        ProtobufMessage model = new ProtobufMessage().number(1, 8);
        for (int i = 0; i < 70_000; i++) {
            model.message(7, new ProtobufMessage().message(5, new ProtobufMessage().number(2, 1).text(8, "t" + i)
                    .message(13, new ProtobufMessage().text(1, "location").text(2, "values"))));
        }
        assertEquals(70_000, Weights.read(Files.write(folder.resolve("m.onnx"), bytes(model))).size());
    }

    /** A model of one tensor. */
    private static byte[] model(ProtobufMessage tensor) {
        return OnnxAttacks.model(new ProtobufMessage().message(5, tensor));
    }

    private static ProtobufMessage tensor(long type, long... dims) {
        ProtobufMessage message = new ProtobufMessage();
        for (long dim : dims) {
            message.number(1, dim);
        }
        return message.number(2, type).text(8, "a.weight");
    }

    private static Weights read(ProtobufMessage tensor) throws IOException {
        return Weights.read(FileBytes.of("m.onnx", model(tensor)));
    }

    @Test
    void valuesOfSeveralKinds() throws IOException {
        ByteBuffer two = StoredTensor.of(Shape.of(2), new float[] {1, -3}).bytes();
        assertArrayEquals(new float[] {1, -3}, read(tensor(1, 2).bytes(9, two)).get("a.weight").toFloats());
        assertArrayEquals(new float[] {1, -3}, read(tensor(1, 2).bytes(4, two)).get("a.weight").toFloats());
        assertArrayEquals(new float[] {1, -3}, read(tensor(1, 2).text(8, "scale").bytes(9, two)).get("scale").toFloats());
        ByteBuffer doubles = StoredTensor.ofDoubles(Shape.of(2), new double[] {0.1, 2}).bytes();
        assertArrayEquals(new double[] {0.1, 2}, read(tensor(11, 2).bytes(10, doubles)).get("a.weight").toDoubles());
        assertEquals(DType.BF16, read(tensor(16, 1).bytes(9, ByteBuffer.allocate(2))).get("a.weight").dtype());
        assertEquals(Shape.of(0, 4), read(tensor(1, 0, 4)).get("a.weight").shape());
    }

    @Test
    void damagedModels() {
        assertRefused(() -> read(tensor(1, 2).bytes(9, ByteBuffer.allocate(7))), "a.weight", "needs 8 bytes", "has 7");
        assertRefused(() -> read(tensor(1, 1 << 20, 1 << 8)), "needs 1073741824 bytes", "has 0");
        assertRefused(() -> Weights.read(FileBytes.of("m.onnx", bytes(new ProtobufMessage().number(1, 8)
                .message(7, new ProtobufMessage().text(2, "empty"))))), "without weights");
        ProtobufMessage twice = tensor(1, 0);
        assertRefused(() -> Weights.read(FileBytes.of("m.onnx", bytes(new ProtobufMessage().number(1, 8)
                .message(7, new ProtobufMessage().message(5, twice).message(5, twice))))), "two tensors \"a.weight\"");
        byte[] whole = Fixture.bytes("onnx_norms.onnx");
        for (int length : List.of(20, 1000, whole.length - 30)) {
            assertRefused(() -> Weights.read(FileBytes.of("m.onnx", Arrays.copyOf(whole, length))), "is the download complete?");
        }
    }

    /** The others are read; a tensor that is not says why on access. */
    @Test
    void tensorsThatAreNotRead() throws IOException {
        for (ProtobufMessage tensor : List.of(tensor(8, 2), tensor(99, 2), tensor(-1, 2), tensor(1, 1L << 40), tensor(1, -1),
                tensor(1, 1 << 15, 1 << 15), tensor(7, 2).bytes(4, ByteBuffer.allocate(16)), tensor(7, 1).bytes(7, ByteBuffer.allocate(1)),
                tensor(7, 1).number(7, 5), tensor(10, 2).bytes(5, ByteBuffer.allocate(2)))) {
            StoredTensor unread = read(tensor).get("a.weight");
            assertRefused(() -> {
                try {
                    unread.bytes();
                } catch (UncheckedIOException late) {
                    throw late.getCause();
                }
            }, "a.weight");
        }
    }

    /** A linear layer {@code x·w} instead of PyTorch's {@code x·wᵀ} would be square where classes are as many as features. */
    @Test
    void transposedWeights() {
        ProtobufMessage graph = new ProtobufMessage().message(1, new OnnxNode("Gemm", "fc", List.of("x", "a.weight")).message())
                .message(5, tensor(1, 1).bytes(9, ByteBuffer.allocate(4)));
        assertRefused(() -> Weights.read(FileBytes.of("m.onnx", bytes(new ProtobufMessage().number(1, 8).message(7, graph)))),
                "a.weight", "transposed");
    }

    /** Names of any length and depth are read in time that grows with the file. */
    @Test
    void deepNames() {
        ProtobufMessage graph = new ProtobufMessage().message(5, tensor(1, 1).text(8, "onnx::Conv_1").bytes(9, ByteBuffer.allocate(4)))
                .message(1, new OnnxNode("Conv", "/a".repeat(1_000_000), List.of("x", "onnx::Conv_1")).message());
        byte[] model = bytes(new ProtobufMessage().number(1, 8).message(7, graph));
        assertEquals(Set.of("onnx::Conv_1"), assertTimeoutPreemptively(Duration.ofSeconds(30),
                () -> Weights.read(FileBytes.of("m.onnx", model)).keySet()));
    }

    private static void assertRefused(Executable read, String... words) {
        String message = assertThrows(WeightFileException.class, read).getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), word + " is not in: " + message);
        }
    }

    /** Protocol buffers have lengths of 31 bits. Nothing is written. */
    @Test
    void moreThanTwoGibibytes() throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("sparse").toFile(), "rw")) {
            sparse.setLength(1 << 30);
            StoredTensor large = new ContiguousTensor(DType.F32, Shape.of(1 << 28), sparse.getChannel().map(MapMode.READ_ONLY, 0, 1 << 30));
            OnnxFile.Graph graph = new OnnxFile.Graph(List.of(), "x", Shape.of(1), Shape.of(1));
            Path out = folder.resolve("out.onnx");
            String message = assertThrows(IllegalArgumentException.class,
                    () -> OnnxFile.write(out, graph, Map.of("a", large, "b", large), Map.of())).getMessage();
            assertTrue(message.contains("up to 2147483647"), message);
            assertFalse(Files.exists(out));
        }
    }
}
