package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.kernels.Shape;

/** Which dict of tensors is taken out of what was saved. */
class StateDictSearchTest {

    @TempDir
    Path folder;

    private Weights read(String name, String key) throws IOException {
        Path path = folder.resolve(name);
        Files.write(path, Fixture.bytes(name));
        return key == null ? Weights.read(path) : Weights.read(path, key);
    }

    @Test
    void theTeacherAndTheStudent() throws IOException {
        Weights w = read("dino.pth", null);
        assertArrayEquals(new float[] {3, 4}, w.get("w").toFloats());
        assertEquals("teacher", w.key());
        assertEquals(List.of("student", "loss"), w.otherKeys());
        Weights student = read("dino.pth", "student");
        assertArrayEquals(new float[] {1, 2}, student.get("w").toFloats());
        assertEquals("student", student.key());
        assertEquals(List.of("teacher", "loss"), student.otherKeys());
        assertEquals(Map.of("epoch", "9"), student.metadata());
    }

    /** timm's {@code load_state_dict} takes the average by default. */
    @Test
    void theMovingAverageFirst() throws IOException {
        Weights w = read("ema.pth", null);
        assertArrayEquals(new float[] {3, 4}, w.get("w").toFloats());
        assertEquals("state_dict_ema", w.key());
        assertEquals(List.of("state_dict"), w.otherKeys());
        assertArrayEquals(new float[] {1, 2}, read("ema.pth", "state_dict").get("w").toFloats());
        assertEquals(Map.of("epoch", "2", "arch", "resnet10t", "metric", "71.5"), w.metadata());
    }

    /** {@code argparse.Namespace}, a {@code Path} and a NumPy scalar stand in it. */
    @Test
    void whatTimmSaves() throws IOException {
        Weights w = read("timm.pth.tar", null);
        assertArrayEquals(new float[] {11, 12}, w.get("weight").toFloats());
        assertEquals("state_dict_ema", w.key());
        assertArrayEquals(new float[] {1, 2}, read("timm.pth.tar", "state_dict").get("weight").toFloats());
        assertEquals(Map.of("epoch", "3", "arch", "resnet10t", "version", "2", "metric", "71.25", "args.model", "resnet10t",
                "args.lr", "0.5", "args.mean", "[0.5, 0.5, 0.5]", "args.output", "/out"), w.metadata());
    }

    @Test
    void aKeyThatIsNotThere() throws IOException {
        String message = assertThrows(WeightFileException.class, () -> read("dino.pth", "model")).getMessage();
        assertTrue(message.contains("dino.pth") && message.contains("\"model\"")
                && message.contains("\"student\", \"teacher\", \"loss\""), message);
        assertThrows(WeightFileException.class, () -> read("dino.pth", ""));
        assertThrows(WeightFileException.class, () -> read("dino.pth", "teacher.module.w"));
        assertEquals("a", read("ambiguous.pth", "a").key());
        Path safetensors = folder.resolve("w.safetensors");
        Weights.write(safetensors, Map.of("a", StoredTensor.of(Shape.of(1), new float[1])), Map.of());
        assertEquals("", Weights.read(safetensors, "").key());
        assertEquals(List.of(), Weights.read(safetensors).otherKeys());
        assertTrue(assertThrows(WeightFileException.class, () -> Weights.read(safetensors, "state_dict")).getMessage()
                .contains("leave the key out"));
    }

    /** Dicts as {@code a.b=3}: three tensors of two elements at a.b; {@code a!}: a tensor of one element. */
    private static Map<Object, Object> saved(String paths) {
        Map<Object, Object> root = new LinkedHashMap<>();
        for (String path : paths.split(" ")) {
            Map<Object, Object> dict = root;
            String[] names = path.split("\\.");
            for (int i = 0; i < names.length - 1; i++) {
                @SuppressWarnings("unchecked")
                Map<Object, Object> inner = (Map<Object, Object>) dict.computeIfAbsent(names[i],
                        name -> new LinkedHashMap<>());
                dict = inner;
            }
            String last = names[names.length - 1];
            int elements = last.endsWith("!") ? 1 : 2;
            dict.put(last.replace("!", ""), StoredTensor.of(Shape.of(elements), new float[elements]));
        }
        return root;
    }

    @ParameterizedTest
    @CsvSource({
        "w, ''",
        "best! state_dict.w, state_dict",
        "best! backbone.w, backbone",
        "best!, ''",
        "model.state_dict.w, model.state_dict",
        "model.w queue, model",
        "w inner.v, ''",
        "model.w model_ema.w, model_ema",
        "model.w state_dict.w, state_dict",
        "net.w other.w, net",
        "other.model.w, other.model",
        "other.model.w third.v state_dict.w, state_dict"})
    void theUsualPlaces(String paths, String key) throws IOException {
        assertEquals(key, StateDictSearch.weights(saved(paths), null).key());
    }

    @Test
    void pathsOfKeys() throws IOException {
        Map<Object, Object> saved = saved("model.state_dict.w model.extra.v other.w");
        assertEquals("model.extra", StateDictSearch.weights(saved, "model.extra").key());
        assertEquals("model.state_dict", StateDictSearch.weights(saved, "model").key());
        assertEquals(List.of("other", "model.extra"), StateDictSearch.weights(saved, null).otherKeys());
        saved.put("dotted.name", saved("w"));
        assertEquals(Set.of("w"), StateDictSearch.weights(saved, "dotted.name").keySet());
    }

    @Test
    void dictsWithoutEnd() throws IOException {
        Map<Object, Object> loop = saved("w");
        loop.put("state_dict", loop);
        assertEquals("", StateDictSearch.weights(loop, null).key());
        Map<Object, Object> inner = saved("w");
        for (int i = 0; i < 100; i++) {
            Map<Object, Object> outer = new LinkedHashMap<>();
            outer.put("model", inner);
            inner = outer;
        }
        Map<Object, Object> deep = inner;
        assertThrows(WeightFileException.class, () -> StateDictSearch.weights(deep, null));
    }

    /** Modules that hold a shared child twice, 60 deep: their names would be 2^60. */
    @Test
    void modulesThatRepeat() {
        PickledObject module = module(Map.of());
        for (int i = 0; i < 60; i++) {
            module = module(Map.of("a", module, "b", module));
        }
        PickledObject crafted = module;
        String message = assertThrows(WeightFileException.class, () -> StateDictSearch.weights(crafted, null)).getMessage();
        assertTrue(message.contains("state_dict()"), message);
        PickledObject loop = module(Map.of());
        Map<Object, Object> children = new LinkedHashMap<>(Map.of("self", loop));
        loop.setState(Map.of("_parameters", Map.of(), "_buffers", Map.of(), "_modules", children));
        assertThrows(WeightFileException.class, () -> StateDictSearch.weights(loop, null));
    }

    private static PickledObject module(Map<Object, Object> children) {
        PickledObject module = new PickledObject("m.Module", Tuple.EMPTY);
        module.setState(Map.of("_parameters", Map.of("w", StoredTensor.of(Shape.of(1), new float[1])), "_buffers", Map.of(),
                "_modules", children));
        return module;
    }

    /** The Learner that fastai's {@code learn.export()} saves has the model as a field. */
    @Test
    void theModelOfAnObject() throws IOException {
        PickledObject learner = new PickledObject("fastai.learner.Learner", Tuple.EMPTY);
        learner.setState(new LinkedHashMap<>(Map.of("model", module(Map.of("0", module(Map.of()))), "lr", 0.5)));
        Weights w = StateDictSearch.weights(learner, null);
        assertEquals(Set.of("w", "0.w"), w.keySet());
        assertEquals("model", w.key());
        assertEquals(Map.of("lr", "0.5"), w.metadata());
    }

    /** Settings that hold each other, or the same ones a million times. */
    @Test
    void settingsWithoutEnd() throws IOException {
        Map<Object, Object> settings = new LinkedHashMap<>();
        for (int i = 0; i < 1000; i++) {
            settings.put("k" + i, settings);
        }
        settings.put("model", "resnet18");
        Map<Object, Object> saved = saved("state_dict.w");
        saved.put("args", settings);
        Weights w = StateDictSearch.weights(saved, null);
        assertTrue(w.metadata().size() < 10_000);
        List<Object> itself = new ArrayList<>();
        itself.add(itself);
        saved.put("args", new LinkedHashMap<>(Map.of("list", itself, "model", "resnet18")));
        assertEquals(Map.of("args.model", "resnet18"), StateDictSearch.weights(saved, null).metadata());
    }

    @Test
    void integersOfThousandsOfBits() throws IOException {
        Map<Object, Object> saved = saved("w");
        saved.put("long", BigInteger.TWO.pow(256));
        saved.put("shorter", BigInteger.TWO.pow(70));
        saved.put("longest", BigInteger.TWO.pow(256).subtract(BigInteger.ONE));
        assertEquals(Map.of("shorter", "1180591620717411303424", "longest", BigInteger.TWO.pow(256).subtract(BigInteger.ONE).toString()),
                StateDictSearch.weights(saved, null).metadata());
    }

    /** Settings as large and as deep as they are read, and beyond. */
    @Test
    void boundsOfSettings() throws IOException {
        String name = "n".repeat(200);
        Map<Object, Object> settings = new LinkedHashMap<>(Map.of(name, 1L, name + "n", 2L,
                "list", Collections.nCopies(1000, 7L), "longer", Collections.nCopies(1001, 7L),
                "texts", List.of("t".repeat(9_999)), "longer texts", List.of("t".repeat(10_000)), "text", "t".repeat(10_001)));
        Map<Object, Object> inner = settings;
        for (int depth = 1; depth <= 5; depth++) {
            Map<Object, Object> next = new LinkedHashMap<>(Map.of("depth", (long) depth));
            inner.put("in", next);
            inner = next;
        }
        Map<Object, Object> saved = saved("state_dict.w");
        saved.put("args", settings);
        saved.put("others", Map.of("a", 1L));
        Map<String, String> metadata = StateDictSearch.weights(saved, null).metadata();
        assertEquals(Set.of("args." + name, "args.list", "args.texts", "args.text", "args.in.depth", "args.in.in.depth",
                "args.in.in.in.depth", "args.in.in.in.in.depth"), metadata.keySet());
        assertEquals("[7" + ", 7".repeat(999) + "]", metadata.get("args.list"));
    }

    @Test
    void numPyArraysAreNoTensors() {
        PickledObject array = new PickledObject("numpy._core.multiarray._reconstruct", Tuple.EMPTY);
        for (Map<String, ?> saved : List.of(Map.of("w", array), Map.of("model", Map.of("w", array)))) {
            String message = assertThrows(WeightFileException.class, () -> StateDictSearch.weights(saved, null)).getMessage();
            assertTrue(message.contains("torch.from_numpy"), message);
        }
    }

    @Test
    void nothingToTake() {
        for (String pickle : new String[] {"].", ").", "N.", "K\1.", "cm\nC\n)R."}) {
            byte[] bytes = pickle.getBytes(StandardCharsets.ISO_8859_1);
            String message = assertThrows(WeightFileException.class, () -> StateDictSearch.weights(
                    new Unpickler(ByteBuffer.wrap(bytes), id -> id).load(), null)).getMessage();
            assertTrue(message.contains("state_dict"), message);
        }
    }
}
