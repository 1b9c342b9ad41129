package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.Extent;
import thaw.FuzzCorpus;
import thaw.Mutant;
import thaw.kernels.Shape;

/** Damaged files are read, or rejected with the declared exception; there are no other exceptions. */
class WeightFileFuzzTest {

    private static final int MUTANTS = Extent.times(500, 3000);

    @ParameterizedTest
    @ValueSource(strings = {"kinds.pth", "kinds_legacy.pth", "kinds_deflated.pth", "nested.pth", "nested_legacy.pth",
        "big_endian.pth", "uint16.pth", "zip64.pth", "kinds_tar.pth", "nested_tar.pth",
        "inert1.pth", "inert5.pth", "inert_legacy4.pth", "whole.pth", "unread.pth", "onnx_norms.onnx",
        "onnx_merged.onnx"})
    void files(String name) {
        fuzz(name, Fixture.bytes(name));
    }

    @Test
    void safetensors(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("w.safetensors");
        Weights.write(path, Map.of("a.weight", StoredTensor.of(Shape.of(2, 3), new float[6]), "a.bias",
                StoredTensor.ofLongs(Shape.of(2), new long[2])), Map.of("format", "pt"));
        fuzz("w.safetensors", Files.readAllBytes(path));
    }

    /** The inputs that {@code src-test/fuzz/run} found, within a second each. */
    @Test
    void corpus() throws IOException {
        Map<String, byte[]> inputs = FuzzCorpus.of(WeightFileFuzzTest.class);
        assertTrue(inputs.size() > 300, inputs.size() + " inputs");
        inputs.forEach((name, input) -> assertTimeout(Duration.ofSeconds(1), () -> WeightFileTarget.check(name, input), name));
    }

    private static void fuzz(String name, byte[] original) {
        for (int seed = 0; seed < MUTANTS; seed++) {
            try {
                WeightFileTarget.check(name, Mutant.of(original, new Random(seed)));
            } catch (AssertionError other) {
                fail(name + ", seed " + seed, other);
            }
        }
    }
}
