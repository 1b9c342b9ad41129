package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.kernels.Shape;

/** Damaged files are read, or rejected with the declared exception; there are no other exceptions. */
class WeightFileFuzzTest {

    private static final int MUTANTS = 3000;

    @ParameterizedTest
    @ValueSource(strings = {"kinds.pth", "kinds_legacy.pth", "kinds_deflated.pth", "nested.pth", "nested_legacy.pth",
        "big_endian.pth", "uint16.pth", "zip64.pth", "kinds_tar.pth", "nested_tar.pth",
        "inert1.pth", "inert5.pth", "inert_legacy4.pth", "whole.pth", "unread.pth"})
    void checkpoints(String name) {
        fuzz(name, Fixture.bytes(name));
    }

    @Test
    void safetensors(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("w.safetensors");
        Weights.write(path, Map.of("a.weight", StoredTensor.of(Shape.of(2, 3), new float[6]), "a.bias",
                StoredTensor.ofLongs(Shape.of(2), new long[2])), Map.of("format", "pt"));
        fuzz("w.safetensors", Files.readAllBytes(path));
    }

    private static void fuzz(String name, byte[] original) {
        for (int seed = 0; seed < MUTANTS; seed++) {
            byte[] mutant = mutate(original, new Random(seed));
            try {
                Weights.read(FileBytes.of(name, mutant)).values().forEach(StoredTensor::toDoubles);
            } catch (WeightFileException | UncheckedIOException expected) {
                continue;
            } catch (IOException | RuntimeException | Error other) {
                fail(name + ", seed " + seed, other);
            }
        }
    }

    /** A copy with some bytes changed, mostly to extremes; or with a range removed, repeated, or overwritten by another. */
    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(bytes.length);
            int length = 1 + random.nextInt(Math.min(16, bytes.length - at));
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> Arrays.fill(bytes, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0x7f));
                case 3 -> System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), bytes, at, length);
                case 4 -> {
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + length);
                    System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
                    bytes = longer;
                }
                default -> {
                    if (bytes.length > 2 * length) {
                        System.arraycopy(bytes, at + length, bytes, at, bytes.length - at - length);
                        bytes = Arrays.copyOf(bytes, bytes.length - length);
                    }
                }
            }
        }
        return bytes;
    }
}
