package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KnownImagesTest {

    private static final int FEATURES = 16;

    /** Images of two classes, each around a direction of its own, of any length. */
    private static List<float[]> images(int count, int firstAxis, long seed) {
        Random random = new Random(seed);
        List<float[]> images = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] image = new float[FEATURES];
            image[firstAxis + i % 2] = 1;
            float scale = 0.1f + 10 * random.nextFloat();
            for (int f = 0; f < FEATURES; f++) {
                image[f] = scale * (image[f] + 0.1f * (float) random.nextGaussian());
            }
            images.add(image);
        }
        return images;
    }

    private static double shareKnown(KnownImages known, List<float[]> images) {
        return images.stream().filter(image -> known.novelty(image) <= 1).count() / (double) images.size();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 3000})
    void keepsNewImagesOfTheSameKindsAndNoOthers(int count) {
        KnownImages known = KnownImages.of(images(count, 0, 1), 2);
        assertEquals(0.95, shareKnown(known, images(4000, 0, 2)), 0.03);
        assertEquals(0, shareKnown(known, images(400, 5, 3)));
    }

    /** The distance to the k-th nearest of unit vectors, computed anew in double precision, within what 8 bits leave of it. */
    @Test
    void noveltyIsTheFormulas() {
        List<float[]> bank = images(80, 0, 4);
        KnownImages known = KnownImages.of(bank, 2);
        int k = 80 / (4 * 2);
        double[] own = bank.stream().mapToDouble(image -> kthDistance(image, bank, k + 1)).sorted().toArray();
        double kept = own[(int) Math.ceil(0.95 * 80)];
        for (float[] image : images(50, 0, 5)) {
            assertEquals(kthDistance(image, bank, k) / kept, known.novelty(image), 0.02);
        }
    }

    private static double kthDistance(float[] image, List<float[]> bank, int k) {
        double[] distances = bank.stream().mapToDouble(other -> {
            double squares = 0;
            for (int f = 0; f < FEATURES; f++) {
                double difference = image[f] / norm(image) - other[f] / norm(other);
                squares += difference * difference;
            }
            return Math.sqrt(squares);
        }).sorted().toArray();
        return distances[k - 1];
    }

    private static double norm(float[] image) {
        double squares = 0;
        for (float value : image) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares);
    }

    @Test
    void theLengthOfFeaturesDoesNotCount() {
        KnownImages known = KnownImages.of(images(40, 0, 6), 2);
        for (float[] image : images(20, 3, 7)) {
            float[] longer = image.clone();
            for (int f = 0; f < FEATURES; f++) {
                longer[f] *= 8;
            }
            assertEquals(known.novelty(image), known.novelty(longer), 1e-6);
        }
    }

    @Test
    void isReadAsItWasWritten() {
        KnownImages known = KnownImages.of(images(30, 0, 8), 2);
        KnownImages read = KnownImages.fromMap(known.toMap()).orElseThrow();
        assertEquals(30, read.images());
        assertEquals(FEATURES, read.length());
        images(20, 1, 9).forEach(image -> assertEquals(known.novelty(image), read.novelty(image)));
        assertEquals(Optional.empty(), KnownImages.fromMap(Map.of("format", "pt")));
    }

    @Test
    void damagedEntriesAreRefused() {
        Map<String, String> good = KnownImages.of(images(30, 0, 10), 2).toMap();
        Map.of("known.neighbors", "31", "known.length", "7", "known.step", "Infinity", "known.distance", "NaN", "known.features", "?")
                .forEach((key, value) -> {
                    Map<String, String> bad = new HashMap<>(good);
                    bad.put(key, value);
                    String message = assertThrows(IllegalArgumentException.class, () -> KnownImages.fromMap(bad)).getMessage();
                    assertTrue(message.startsWith("known.*: damaged features of known images"), message);
                });
    }

    @Test
    void fewAndEqualImages() {
        KnownImages two = KnownImages.of(List.of(new float[] {1, 0}, new float[] {1, 0}), 2);
        assertEquals(0, two.novelty(new float[] {3, 0}));
        assertTrue(two.novelty(new float[] {0, 1}) > 1);
        assertThrows(IllegalArgumentException.class, () -> KnownImages.of(List.of(new float[] {1}), 2));
        assertThrows(IllegalArgumentException.class, () -> KnownImages.of(List.of(new float[] {1}, new float[] {Float.NaN}), 2));
        assertThrows(IllegalArgumentException.class, () -> two.novelty(new float[3]));
    }
}
