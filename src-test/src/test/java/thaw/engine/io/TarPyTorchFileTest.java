package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.kernels.Shape;

/** PyTorch's format of 2016; expected values are what {@code torch.load} gives for the same files. */
class TarPyTorchFileTest {

    /** The same state dict as in the other formats, but for the types that came later. */
    @ParameterizedTest
    @ValueSource(strings = {"kinds_tar.pth", "nested_tar.pth"})
    void everyKindOfTensor(String name) throws Exception {
        Weights w = Weights.read(Fixture.file(name));
        Weights same = Weights.read(Fixture.file("kinds.pth"));
        assertEquals(List.of("plain", "transposed", "sliced", "channels_last", "shared.front", "shared.back", "expanded",
                "scalar", "f16", "f64", "i64", "i32", "i16", "i8", "u8"), new ArrayList<>(w.keySet()));
        w.forEach((key, tensor) -> {
            assertEquals(same.get(key).dtype(), tensor.dtype(), key);
            assertEquals(same.get(key).shape(), tensor.shape(), key);
            assertEquals(same.get(key).bytes(), tensor.bytes(), key);
        });
        assertEquals(name.startsWith("nested") ? Map.of("epoch", "3") : Map.of(), w.metadata());
    }

    @Test
    void cifarResNet20() throws Exception {
        Weights w = Weights.read(Fixture.shared("cases/weights/resnet20_legacy_tar.pth"));
        assertEquals(116, w.size());
        expect(w, "conv1.weight", DType.F32,
                Shape.of(16, 3, 3, 3), 0.9182307704613777, -0.4152146279811859, -0.20418724417686462, -0.17799106240272522);
        expect(w, "bn1.running_var", DType.F32,
                Shape.of(16), 17.03063541650772, 1.2026703357696533, 0.7286916375160217, 1.0795083045959473);
        expect(w, "bn1.num_batches_tracked", DType.I64, Shape.SCALAR, 1001.0, 1001.0);
        expect(w, "layer2.0.conv1.weight", DType.F32,
                Shape.of(32, 16, 3, 3), 0.03425518814560746, 0.022913599386811256, 0.0264901015907526, -0.08351435512304306);
        expect(w, "layer3.2.conv2.weight", DType.F32,
                Shape.of(64, 64, 3, 3), 11.841120415288628, 0.00036950598587282, 0.11996342986822128, -0.09153440594673157);
        expect(w, "layer3.2.bn2.running_mean", DType.F32,
                Shape.of(64), 3.345838257460855, 0.06445806473493576, 0.23667247593402863, 0.41178423166275024);
        expect(w, "fc.weight", DType.F32,
                Shape.of(10, 64), -0.28262684610672295, 0.2016296535730362, 0.016746550798416138, 0.004929118324071169);
        expect(w, "fc.bias", DType.F32,
                Shape.of(10), -0.45260781794786453, 0.047380100935697556, -0.1077994629740715, 0.09128247201442719);
        double[] all = w.values().stream().flatMapToDouble(t -> Arrays.stream(t.toDoubles())).toArray();
        assertEquals(271117, all.length);
        assertEquals(20230.154317337987, Arrays.stream(all).sum(), 1e-6);
        assertEquals(35293.12174991706, Arrays.stream(all).map(Math::abs).sum(), 1e-6);
    }

    /** The same network in a safetensors file, whose header says {@code "__metadata__": null}. */
    @Test
    void everyTensorAsInSafetensors() throws Exception {
        Weights tar = Weights.read(Fixture.shared("cases/weights/resnet20_legacy_tar.pth"));
        Weights safetensors = Weights.read(Fixture.shared("cases/weights/resnet20_metadata_null.safetensors"));
        assertEquals(Map.of(), safetensors.metadata());
        assertEquals(safetensors.keySet(), tar.keySet());
        tar.forEach((name, tensor) -> {
            assertEquals(safetensors.get(name).dtype(), tensor.dtype(), name);
            assertEquals(safetensors.get(name).shape(), tensor.shape(), name);
            assertEquals(safetensors.get(name).bytes(), tensor.bytes(), name);
        });
    }

    private static void expect(Weights weights, String name, DType dtype, Shape shape, double sum, double... first) {
        StoredTensor tensor = weights.get(name);
        assertEquals(dtype, tensor.dtype(), name);
        assertEquals(shape, tensor.shape(), name);
        double[] values = tensor.toDoubles();
        assertArrayEquals(first, Arrays.copyOf(values, first.length), name);
        assertEquals(sum, Arrays.stream(values).sum(), 1e-9, name);
    }

    @Test
    void everyTruncationIsNoticed() {
        byte[] whole = Fixture.bytes("kinds_tar.pth");
        int end = whole.length;
        while (whole[end - 1] == 0) {
            end--;
        }
        for (int n = 0; n < end; n++) {
            FileBytes cut = FileBytes.of("cut.pth", Arrays.copyOf(whole, n));
            WeightFileException e = assertThrows(WeightFileException.class, () -> Weights.read(cut), "cut to " + n);
            assertTrue(e.getMessage().startsWith("cut.pth"), e.getMessage());
        }
    }

    private static final String STORAGES = "K\1.K\1U\3cpuctorch\nFloatStorage\n\207." + int64(4) + "floats1floats2].";
    private static final String TENSORS = "K\1.K\2K\1ctorch\nFloatTensor\n\207." + int64(1) + int64(2) + int64(1) + int64(1);
    private static final String OBJECT = "}U\1wU\0012Qs.";

    private static String int64(long... numbers) {
        StringBuilder text = new StringBuilder();
        for (long n : numbers) {
            for (int i = 0; i < Long.BYTES; i++) {
                text.append((char) (n >>> 8 * i & 0xff));
            }
        }
        return text.toString();
    }

    private static String storages() {
        ByteBuffer floats = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putFloat(1).putFloat(2).putFloat(3)
                .putFloat(4);
        return STORAGES.replace("floats1floats2", new String(floats.array(), StandardCharsets.ISO_8859_1));
    }

    /** A tar archive of these files, in the form from before the magic word. */
    private static FileBytes tar(Map<String, String> files) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        files.forEach((name, content) -> {
            byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
            ByteBuffer header = ByteBuffer.allocate(512).put(name.getBytes(StandardCharsets.US_ASCII));
            header.put(124, String.format("%011o", bytes.length).getBytes(StandardCharsets.US_ASCII));
            header.put(148, "        ".getBytes(StandardCharsets.US_ASCII));
            int sum = 0;
            for (byte b : header.array()) {
                sum += b & 0xff;
            }
            header.put(148, String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(header.array());
            out.writeBytes(Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512));
        });
        out.writeBytes(new byte[1024]);
        return FileBytes.of("old.pth", out.toByteArray());
    }

    private static FileBytes file(String storages, String tensors, String object) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("./storages", storages);
        files.put("./tensors", tensors);
        files.put("./pickle", object);
        return tar(files);
    }

    private static void refused(FileBytes file, String word) {
        WeightFileException e = assertThrows(WeightFileException.class, () -> Weights.read(file));
        assertTrue(e.getMessage().startsWith("old.pth") && e.getMessage().contains(word), e.getMessage());
    }

    @Test
    void smallestFile() throws Exception {
        assertArrayEquals(new float[] {2, 3}, Weights.read(file(storages(), TENSORS, OBJECT)).get("w").toFloats());
        // A parameter, as Python's copyreg makes it, and its state.
        String parameter = "}U\1wctorch.nn.parameter\nParameter\n(K\2QtR(\210\211Ntbs.";
        assertArrayEquals(new float[] {2, 3}, Weights.read(file(storages(), TENSORS, parameter)).get("w").toFloats());
    }

    @Test
    void damage() {
        String storages = storages();
        refused(file(storages, TENSORS, "}U\1wU\0013Qs."), "no tensor with the key 3");
        refused(file(storages, TENSORS, "}U\1wU\1xQs."), "no number");
        refused(file(storages, TENSORS.replace("K\2K\1", "K\2K\3"), OBJECT), "no storage with the key 3");
        refused(file(storages, TENSORS.replace("K\2K\1", "K\1K\1"), OBJECT), "have the key 1");
        refused(file(storages, TENSORS.replace("K\1.", "K\2."), OBJECT), "in the middle");
        refused(file(storages, "U\1x.", OBJECT), "number of tensors");
        refused(file(storages, "K\1.].", OBJECT), "malformed");
        refused(file(storages.replace("].", "N."), TENSORS, OBJECT), "views is missing");
        refused(file(storages.replace("].", "]K\5a."), TENSORS, OBJECT), "malformed");
        refused(file(storages.replace("].", "](K\5K\1K\3K\2ta."), TENSORS, OBJECT), "leaves storage");
        refused(file(storages.replace("].", "](K\5K\7K\3K\2ta."), TENSORS, OBJECT), "no storage with the key 7");
        refused(file(storages.replace("FloatStorage", "Strange"), TENSORS, OBJECT), "unknown class");
        for (long n : new long[] {5, -1, Long.MAX_VALUE, 1L << 62}) {
            refused(file(storages.replace(int64(4), int64(n)), TENSORS, OBJECT), "has " + n + " elements");
        }
        String head = "K\1.K\2K\1ctorch\nFloatTensor\n\207.";
        refused(file(storages, head + int64(65) + int64(new long[200]), OBJECT), "65 dimensions");
        refused(file(storages, head + int64(0xffff_ffffL), OBJECT), "4294967295 dimensions");
        refused(file(storages, head + int64(1, 5, 1, 0), OBJECT), "reaches element 4");
        refused(file(storages, head + int64(1, -1, 1, 0), OBJECT), "negative");
        refused(file(storages, head + int64(2, 1L << 40, 1L << 40, 1, 1, 0), OBJECT), "exceeds the numeric range");
    }

    /** The upper half of the rank's 8 bytes has no meaning. */
    @Test
    void bytesOfNoMeaning() throws Exception {
        String tensors = "K\1.K\2K\1ctorch\nFloatTensor\n\207." + int64(1 | 77L << 32, 2, 2, 0);
        assertArrayEquals(new float[] {1, 3}, Weights.read(file(storages(), tensors, OBJECT)).get("w").toFloats());
    }

    @Test
    void otherArchives() {
        refused(tar(Map.of("model.pth", "abc")),
                "unpack it with tar, and give the weight file in it (its first file is \"model.pth\")");
        refused(tar(Map.of("storages", storages())), "\"tensors\"");
        byte[] wrong = new byte[1024];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, wrong, 257, 5);
        Arrays.fill(wrong, 0, 100, (byte) 'x');
        refused(FileBytes.of("old.pth", wrong), "wrong checksum");
    }

    /** Sizes as GNU's tar writes those beyond 8 GiB, and sizes out of range. */
    @ParameterizedTest
    @CsvSource({"800000000000000000000003, in the middle", "80ffffffffffffffffffffff, which are not all there",
        "ffffffffffffffffffffffff, which are not all there", "373737373737373737373700, which are not all there",
        "786978697869786978697869, which are not all there"})
    void sizesOfMembers(String hex, String word) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("storages", storages());
        files.put("tensors", TENSORS);
        files.put("pickle", OBJECT);
        FileBytes file = tar(files);
        byte[] bytes = new byte[(int) file.length()];
        file.slice(0, file.length()).get(bytes);
        byte[] size = HexFormat.of().parseHex(hex);
        int sum = 0;
        for (int i = 0; i < 12; i++) {
            sum += (size[i] & 0xff) - (bytes[124 + i] & 0xff);
        }
        int before = Integer.parseInt(new String(bytes, 148, 6, StandardCharsets.US_ASCII), 8);
        System.arraycopy(size, 0, bytes, 124, 12);
        System.arraycopy(String.format("%06o", before + sum).getBytes(StandardCharsets.US_ASCII), 0, bytes, 148, 6);
        refused(FileBytes.of("old.pth", bytes), word);
    }
}
