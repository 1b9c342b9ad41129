package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.Extent;
import thaw.FuzzCorpus;
import thaw.Mutant;

/** Damaged images are decoded, or refused with the declared exception, in bounded memory; there are no other exceptions. */
class ImageFuzzTest {

    private static final int MUTANTS = Extent.times(60, 1000);

    /** The inputs that {@code src-test/fuzz/run} found, within a second each. */
    @Test
    void corpus() throws IOException {
        Map<String, byte[]> inputs = FuzzCorpus.of(ImageFuzzTest.class);
        assertTrue(inputs.size() > 300, inputs.size() + " inputs");
        inputs.forEach((name, input) -> assertTimeout(Duration.ofSeconds(1), () -> ImageTarget.fuzzerTestOneInput(input), name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rgb.jpg", "gray-progressive.jpg", "cmyk.jpg", "rotated.jpg", "rotated.png", "palette-transparent.png",
        "interlaced.gif", "lzw.tif", "fax.tif", "cmyk.tif", "lossy.webp", "alpha.webp", "animated.webp"})
    void images(String name) throws IOException {
        byte[] original;
        try (InputStream in = ImageFuzzTest.class.getResourceAsStream(name)) {
            original = in.readAllBytes();
        }
        for (int seed = 0; seed < MUTANTS; seed++) {
            try {
                ImageTarget.fuzzerTestOneInput(Mutant.of(original, new Random(seed)));
            } catch (AssertionError other) {
                fail(name + ", seed " + seed, other);
            }
        }
    }
}
