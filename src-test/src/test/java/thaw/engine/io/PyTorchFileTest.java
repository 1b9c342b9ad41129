package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.kernels.Shape;

/** Checkpoints saved by PyTorch; expected values are those of {@code torch.load} for the same files. */
class PyTorchFileTest {

    private static final float[] QUARTERS = quarters();

    private static float[] quarters() {
        float[] values = new float[24];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / 4f - 2;
        }
        return values;
    }

    private static void expect(Weights weights, String name, DType dtype, Shape shape, double... values) {
        StoredTensor tensor = weights.get(name);
        assertEquals(dtype, tensor.dtype(), name);
        assertEquals(shape, tensor.shape(), name);
        assertArrayEquals(values, tensor.toDoubles(), name);
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        assertArrayEquals(floats, tensor.toFloats(), name);
        assertEquals(values.length * dtype.size(), tensor.bytes().remaining(), name);
    }

    private static double[] doubles(float[] values) {
        double[] d = new double[values.length];
        Arrays.setAll(d, i -> values[i]);
        return d;
    }

    @ParameterizedTest
    @ValueSource(strings = {"kinds.pth", "kinds_legacy.pth", "kinds_deflated.pth"})
    void everyKindOfTensor(String name) throws Exception {
        Weights w = Weights.read(Fixture.file(name));
        assertEquals(List.of("plain", "transposed", "sliced", "channels_last", "shared.front", "shared.back", "expanded",
                "scalar", "empty", "parameter", "f16", "bf16", "f64", "i64", "i32", "i16", "i8", "u8", "bool"),
                new ArrayList<>(w.keySet()));
        assertEquals(Map.of(), w.metadata());
        expect(w, "plain", DType.F32, Shape.of(2, 3, 4), doubles(QUARTERS));
        expect(w, "transposed", DType.F32, Shape.of(6, 4), -2, -0.5, 1, 2.5, -1.75, -0.25, 1.25, 2.75, -1.5, 0, 1.5, 3, -1.25,
                0.25, 1.75, 3.25, -1, 0.5, 2, 3.5, -0.75, 0.75, 2.25, 3.75);
        expect(w, "sliced", DType.F32, Shape.of(2, 2), -0.25, 0.5, 2.75, 3.5);
        expect(w, "channels_last", DType.F32, Shape.of(1, 2, 3, 4), doubles(QUARTERS));
        expect(w, "shared.front", DType.F32, Shape.of(2, 3), -2, -1.75, -1.5, -1.25, -1, -0.75);
        expect(w, "shared.back", DType.F32, Shape.of(4), 3, 3.25, 3.5, 3.75);
        expect(w, "expanded", DType.F32, Shape.of(3, 2), 1.5, -2.5, 1.5, -2.5, 1.5, -2.5);
        expect(w, "scalar", DType.F32, Shape.SCALAR, 7.25);
        expect(w, "empty", DType.F32, Shape.of(0, 3));
        expect(w, "parameter", DType.F32, Shape.of(2), 0.5, 0.25);
        expect(w, "f16", DType.F16, Shape.of(6), 1, -2.5, 65504, 5.960464477539063e-08, Double.POSITIVE_INFINITY, -0.0);
        expect(w, "bf16", DType.BF16, Shape.of(5), 1, -2.5, 3.00405527047391e+38, 9.183549615799121e-41, 0.10009765625);
        expect(w, "f64", DType.F64, Shape.of(2), 0.1, -1e300);
        expect(w, "i32", DType.I32, Shape.of(2), 2147483647, -2147483648);
        expect(w, "i16", DType.I16, Shape.of(2), 32767, -32768);
        expect(w, "i8", DType.I8, Shape.of(2), 127, -128);
        expect(w, "u8", DType.U8, Shape.of(2), 255, 0);
        expect(w, "bool", DType.BOOL, Shape.of(3), 1, 0, 1);
        assertArrayEquals(new long[] {4611686018427387905L, -3}, w.get("i64").toLongs());
    }

    @ParameterizedTest
    @ValueSource(strings = {"kinds.pth", "kinds_legacy.pth"})
    void convertedToSafetensorsKeepsTypesAndBits(String name, @TempDir Path folder) throws Exception {
        Weights from = Weights.read(Fixture.file(name));
        Path path = folder.resolve("out.safetensors");
        Weights.write(path, from, from.metadata());
        Weights to = Weights.read(path);
        assertEquals(from.keySet(), to.keySet());
        from.forEach((key, tensor) -> {
            assertEquals(tensor.dtype(), to.get(key).dtype());
            assertEquals(tensor.shape(), to.get(key).shape());
            assertEquals(tensor.bytes(), to.get(key).bytes());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"nested.pth", "nested_legacy.pth"})
    void stateDictBesideOtherThings(String name) throws Exception {
        Weights w = Weights.read(Fixture.file(name));
        expect(w, "fc.weight", DType.F32, Shape.of(2, 2), 1, 2, 3, 4);
        expect(w, "fc.bias", DType.F32, Shape.of(2), 5, 6);
        assertEquals(2, w.size());
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put("epoch", "12");
        expected.put("arch", "resnet18");
        expected.put("best_acc1", "76.5");
        expected.put("done", "true");
        expected.put("lr", "0.125");
        expected.put("big", "1180591620717411303424");
        expected.put("device", "cpu");
        assertEquals(expected, w.metadata());
    }

    @Test
    void fromAStreamAsFromAFile() throws Exception {
        Weights w = Weights.read(new ByteArrayInputStream(Fixture.bytes("nested.pth")));
        assertArrayEquals(new float[] {5, 6}, w.get("fc.bias").toFloats());
    }

    @Test
    void averagedModelsCounterIsNoTensor() throws Exception {
        Weights w = Weights.read(Fixture.file("averaged.pth"));
        expect(w, "w", DType.F32, Shape.of(1), 1);
        assertEquals(1, w.size());
        assertEquals(Map.of("n_averaged", "3"), w.metadata());
    }

    @Test
    void bigEndianStorages() throws Exception {
        expect(Weights.read(Fixture.file("big_endian.pth")), "w", DType.F32, Shape.of(2), 1, -2);
    }

    @Test
    void zip64Directory() throws Exception {
        expect(Weights.read(Fixture.file("zip64.pth")), "w", DType.F32, Shape.of(2), 1, -2);
    }

    @Test
    void unsignedTypesLieInUntypedStorages() throws Exception {
        expect(Weights.read(Fixture.file("uint16.pth")), "w", DType.U16, Shape.of(2), 1, 65535);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "evil.pth            | posix.system           | state_dict",
        "evil_legacy.pth     | posix.system           | state_dict",
        "unknown_endian.pth  | middle                 | little",
        "short_storage.pth   | 8 bytes                | 4",
        "torchscript.pth     | TorchScript            | state_dict",
        "plain_pickle.pth    | plain Python pickle    | torch.save",
        "single_tensor.pth   | single tensor          | state_dict",
        "ambiguous.pth       | \"a\", \"b\"           | choose one by key"})
    void refusedByName(String name, String what, String advice) {
        WeightFileException e = assertThrows(WeightFileException.class, () -> Weights.read(Fixture.file(name)));
        assertTrue(e.getMessage().contains(what), e.getMessage());
        assertTrue(e.getMessage().contains(advice), e.getMessage());
        assertTrue(e.getMessage().startsWith(name), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"kinds.pth", "kinds_legacy.pth", "kinds_deflated.pth", "nested_legacy.pth", "zip64.pth",
        "inert5.pth", "inert_legacy4.pth"})
    void everyTruncationIsNoticed(String name) {
        byte[] whole = Fixture.bytes(name);
        for (int n = 0; n < whole.length; n++) {
            FileBytes cut = FileBytes.of(name, Arrays.copyOf(whole, n));
            assertThrows(WeightFileException.class, () -> Weights.read(cut), "cut to " + n + " bytes");
        }
    }

    /** A checkpoint full of objects of Python's, NumPy's and the file's own classes, pickled by each protocol. */
    @ParameterizedTest
    @ValueSource(strings = {"inert1.pth", "inert2.pth", "inert4.pth", "inert5.pth", "inert_legacy4.pth"})
    void objectsOfOtherClassesAreInert(String name) throws Exception {
        Weights w = Weights.read(Fixture.file(name));
        assertEquals(Set.of("a", "b"), w.keySet());
        expect(w, "a", DType.F32, Shape.of(2), 1, -2);
        assertArrayEquals(new long[] {0, 3, 1, 4, 2, 5}, w.get("b").toLongs());
        assertEquals("state_dict", w.key());
        Map<String, String> expected = new LinkedHashMap<>(Map.of("args.model", "resnet50", "args.lr", "0.5", "args.mean",
                "[0.485, 0.456]", "args.out", "/data/run", "args.nested.depth", "18", "where", "runs/a"));
        expected.putAll(Map.of("best", "76.125", "top5", "0.5", "step", "-7", "flag", "true", "count", "5"));
        expected.putAll(Map.of("int", "1099511627776", "float", "-0.1", "inf", "Infinity", "text", "\u00e4\u4e2d\ud83d\ude00"));
        Map<String, String> metadata = new LinkedHashMap<>(w.metadata());
        // How protocols before 3 write bytes is by a text.
        metadata.keySet().removeAll(Set.of("bytes", "bytearray"));
        assertEquals(expected, metadata);
    }

    @Test
    void otherProtocolsOfPlainTensors() throws Exception {
        expect(Weights.read(Fixture.file("protocol4.pth")), "w", DType.F32, Shape.of(2), 1, -2);
    }

    /** A model that was pickled whole: its {@code state_dict()} as PyTorch gives it, the transient buffer left out. */
    @ParameterizedTest
    @ValueSource(strings = {"whole.pth", "whole_inside.pth"})
    void wholeModules(String name) throws Exception {
        Weights w = Weights.read(Fixture.file(name));
        assertEquals(List.of("kept", "conv.weight", "body.0.weight", "body.0.bias", "body.0.running_mean",
                "body.0.running_var", "body.0.num_batches_tracked", "body.2.0.weight", "body.2.0.bias"),
                new ArrayList<>(w.keySet()));
        expect(w, "kept", DType.F32, Shape.of(1), 9);
        expect(w, "conv.weight", DType.F32, Shape.of(2, 1, 1, 1), 0, 1);
        expect(w, "body.0.weight", DType.F32, Shape.of(2), 10, 11);
        expect(w, "body.0.running_var", DType.F32, Shape.of(2), 1, 1);
        expect(w, "body.2.0.weight", DType.F32, Shape.of(1, 2), 30, 31);
        expect(w, "body.2.0.bias", DType.F32, Shape.of(1), 40);
        assertEquals(name.equals("whole.pth") ? "" : "model", w.key());
    }

    @Test
    void wholeModulesOfOldFiles() throws Exception {
        Weights w = Weights.read(Fixture.file("whole_legacy.pth"));
        assertEquals(Set.of("w", "child.w"), w.keySet());
        expect(w, "w", DType.F32, Shape.of(2), 1, 2);
        expect(w, "child.w", DType.F32, Shape.of(2), 1, 2);
        assertEquals(Set.of("weight", "bias"), Weights.read(Fixture.file("module.pth")).keySet());
    }

    @Test
    void tensorsThatAreNotReadHinderNoOther() throws Exception {
        Weights w = Weights.read(Fixture.file("unread.pth"));
        assertEquals(Set.of("w", "complex", "sparse", "float8", "meta", "wide", "huge", "quantized"), w.keySet());
        expect(w, "w", DType.F32, Shape.of(2), 1, 2);
        assertEquals(Shape.of(1), w.get("complex").shape());
        assertEquals(Shape.of(1, 2), w.get("float8").shape());
        assertEquals(Shape.of(1 << 25), w.get("wide").shape());
        unread(w, "complex", "ComplexFloatStorage", "dense");
        unread(w, "sparse", "_rebuild_sparse_tensor", "dense");
        unread(w, "float8", "torch.float8_e4m3fn", "float32");
        unread(w, "meta", "_rebuild_meta_tensor_no_storage", "dense");
        unread(w, "wide", "33554432 elements", "contiguous");
        unread(w, "huge", "4398046511104 bytes", "1073741824");
        unread(w, "quantized", "_rebuild_qtensor", "dense");
    }

    private static void unread(Weights weights, String name, String what, String advice) {
        StoredTensor tensor = weights.get(name);
        for (Executable asking : new Executable[] {tensor::bytes, tensor::toFloats, tensor::toDoubles, tensor::toLongs,
            tensor::floats}) {
            String message = assertThrows(UncheckedIOException.class, asking).getCause().getMessage();
            assertTrue(message.startsWith("unread.pth: tensor \"" + name + "\"") && message.contains(what)
                    && message.contains(advice), message);
        }
    }

    /** PyTorch's reader looks for the archive's end in the last 64 kB. */
    @ParameterizedTest
    @ValueSource(ints = {1, 100, 4096, 60_000})
    void paddingBehindTheArchive(int padding) throws Exception {
        byte[] file = Fixture.bytes("nested.pth");
        byte[] padded = Arrays.copyOf(file, file.length + padding);
        expect(Weights.read(FileBytes.of("padded.pth", padded)), "fc.bias", DType.F32, Shape.of(2), 5, 6);
    }

    @Test
    void cifarResNet20() throws Exception {
        Weights w = Weights.read(Fixture.shared("data/weights/resnet20-12fca82f.th"));
        assertEquals(97, w.size());
        assertEquals(Map.of("best_prec1", "91.78000183105469"), w.metadata());
        List<String> names = new ArrayList<>(w.keySet());
        assertEquals(List.of("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
                "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias"), names.subList(0, 8));
        assertEquals(List.of("layer3.2.bn2.running_var", "linear.weight", "linear.bias"), names.subList(94, 97));
        assertFalse(w.containsKey("bn1.num_batches_tracked"));
        cifar(w, "conv1.weight", Shape.of(16, 3, 3, 3), 1.3100982000032673, -0.13818146f, -0.16241768f, 0.8207383f);
        cifar(w, "bn1.running_var", Shape.of(16), 76.47960840986343, 2.2049127f, 3.6240039f, 4.0571213f);
        cifar(w, "layer3.2.conv2.weight", Shape.of(64, 64, 3, 3), 1.509974816668091, 0.023041606f, 0.010070728f, 0.005063281f);
        cifar(w, "linear.weight", Shape.of(10, 64), -0.04562738863751292, -1.0598125f, 0.56885785f, -0.025252094f);
        cifar(w, "linear.bias", Shape.of(10), 3.4442171454429626e-05, 0.19355907f, -0.34310088f, 0.11120541f);
        sums(w, 271_098, 139.7826495598208, 21349.562590950623);
    }

    @Test
    void cifarResNet32() throws Exception {
        Weights w = Weights.read(Fixture.shared("data/weights/resnet32-d509ac18.th"));
        assertEquals(157, w.size());
        assertEquals(Map.of("best_prec1", "92.78000144958496"), w.metadata());
        cifar(w, "layer3.2.conv2.weight", Shape.of(64, 64, 3, 3), -143.77335125482938, -0.01683648f, -0.07299725f,
                -0.031389486f);
        sums(w, 466_426, 721.5178900284966, 28995.84711527823);
    }

    private static void cifar(Weights weights, String name, Shape shape, double sum, float... first) {
        StoredTensor tensor = weights.get(name);
        assertEquals(shape, tensor.shape());
        assertEquals(DType.F32, tensor.dtype());
        assertArrayEquals(first, Arrays.copyOf(tensor.toFloats(), first.length), 1e-8f);
        assertEquals(sum, Arrays.stream(tensor.toDoubles()).sum(), 1e-4);
    }

    private static void sums(Weights weights, int elements, double sum, double absolute) {
        double[] all = weights.values().stream().flatMapToDouble(t -> Arrays.stream(t.toDoubles())).toArray();
        assertEquals(elements, all.length);
        assertEquals(sum, Arrays.stream(all).sum(), 1e-6);
        assertEquals(absolute, Arrays.stream(all).map(Math::abs).sum(), 1e-6);
    }
}
