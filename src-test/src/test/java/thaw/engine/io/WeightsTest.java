package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.kernels.Shape;

class WeightsTest {

    @TempDir
    Path folder;

    private static StoredTensor one(float value) {
        return StoredTensor.of(Shape.of(1), new float[] {value});
    }

    private Weights writtenAndRead(String... names) throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (String name : names) {
            tensors.put(name, one(1));
        }
        Path path = folder.resolve("w.safetensors");
        Weights.write(path, tensors, Map.of());
        return Weights.read(path);
    }

    @ParameterizedTest
    @CsvSource({
        "module.a module.b,                      a b",
        "_orig_mod.a _orig_mod.b,                a b",
        "module._orig_mod.a module._orig_mod.b,  a b",
        "_orig_mod.module.a _orig_mod.module.b,  a b",
        "net._orig_mod.a net._orig_mod.b,        net.a net.b",
        "module.a._fsdp_wrapped_module.b module.c._checkpoint_wrapped_module.d, a.b c.d",
        "a._orig_mod.b a.b,                      a._orig_mod.b a.b",
        "my_orig_mod.a my_orig_mod.b,            my_orig_mod.a my_orig_mod.b",
        "module.module.a module.module.b,        a b",
        "module.a other,                         module.a other",
        "module.a module.module.b,               a module.b",
        "modules.a,                              modules.a",
        "a.module.b,                             a.module.b"})
    void prefixesThatAllNamesShare(String names, String expected) throws IOException {
        assertEquals(List.of(expected.split(" ")), new ArrayList<>(writtenAndRead(names.split(" ")).keySet()));
    }

    @Test
    void safetensorsItselfKeepsNames() throws IOException {
        writtenAndRead("module.a");
        assertTrue(Safetensors.read(FileBytes.map(folder.resolve("w.safetensors"))).containsKey("module.a"));
    }

    @Test
    void isTheMapOfItsTensors() throws IOException {
        Weights w = writtenAndRead("a", "b");
        assertEquals(2, w.size());
        assertThrows(UnsupportedOperationException.class, () -> w.put("c", one(2)));
        assertThrows(UnsupportedOperationException.class, () -> w.clear());
        assertThrows(UnsupportedOperationException.class, () -> w.metadata().put("k", "v"));
    }

    /** File names are ignored: a checkpoint is named .safetensors, and a safetensors file is named as a checkpoint. */
    @Test
    void theFormatIsToldByTheFirstBytes() throws IOException {
        Path checkpoint = folder.resolve("weights.safetensors");
        Files.write(checkpoint, Fixture.bytes("nested_legacy.pth"));
        assertArrayEquals(new float[] {5, 6}, Weights.read(checkpoint).get("fc.bias").toFloats());
        Path safetensors = folder.resolve("weights.pth");
        Weights.write(safetensors, Map.of("a", one(3)), Map.of());
        assertArrayEquals(new float[] {3}, Weights.read(safetensors).get("a").toFloats());
    }

    @Test
    void emptyMissingAndFolder() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.pth"));
        assertTrue(assertThrows(WeightFileException.class, () -> Weights.read(empty)).getMessage().contains("is empty"));
        assertThrows(NoSuchFileException.class, () -> Weights.read(folder.resolve("missing.pth")));
        assertTrue(assertThrows(WeightFileException.class, () -> Weights.read(folder)).getMessage().contains("folder"));
        assertTrue(assertThrows(IOException.class, () -> Weights.write(folder, Map.of(), Map.of())).getMessage()
                .contains("folder"));
        Path nowhere = folder.resolve("no/such/w.safetensors");
        assertTrue(assertThrows(IOException.class, () -> Weights.write(nowhere, Map.of(), Map.of())).getMessage()
                .contains("there is no folder"));
    }

    /** Every safetensors file of the parity cases, written by PyTorch, can be read. */
    @Test
    void parityCasesOpen() throws IOException {
        Path cases = Fixture.shared("parity/cases");
        int read = 0;
        try (var files = Files.newDirectoryStream(cases, "*.safetensors")) {
            for (Path file : files) {
                Weights.read(file).values().forEach(StoredTensor::toDoubles);
                read++;
            }
        }
        assertTrue(read > 0, "no case in " + cases);
    }
}
