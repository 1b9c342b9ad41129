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

    /** The standard deviation of a draw's share is √(0.95·0.05/n), that of the mean over ten draws a third of it. */
    @ParameterizedTest
    @ValueSource(ints = {80, 400, 3000})
    void keepsNewImagesOfTheSameKindsAndNoOthers(int count) {
        double kept = 0;
        for (int draw = 0; draw < 10; draw++) {
            KnownImages known = KnownImages.of(images(count, 0, 10 + draw), 2);
            kept += shareKnown(known, images(500, 0, 30 + draw)) / 10;
            assertEquals(0, shareKnown(known, images(200, 5, 50 + draw)));
        }
        assertEquals(0.95, kept, 0.02);
    }

    /** An image that is kept itself has the novelty that it would have if it were not. */
    @Test
    void aKnownImageIsNotItsOwnNeighbour() {
        List<float[]> bank = images(80, 0, 4);
        KnownImages known = KnownImages.of(bank, 2);
        double within = 0;
        for (float[] image : bank) {
            within += known.novelty(image) <= 1 ? 1.0 / 80 : 0;
        }
        assertEquals(Math.ceil(0.95 * 81) / 80, within, 1.01 / 80);
        float[] same = bank.get(3).clone();
        assertEquals(kthDistance(same, bank, 11) / kthDistance(bank.get(5), bank, 11),
                known.novelty(same) / known.novelty(bank.get(5)), 0.02);
    }

    /** A thousand directions in 2,048 dimensions: few enough numbers are kept to be fast, and enough to tell other directions. */
    @Test
    void manyClasses() {
        int classes = 1000;
        int length = 2048;
        KnownImages known = KnownImages.of(rows(classes, 0, 3000, length, 1), classes);
        assertTrue(known.images() >= 2 * classes && known.multiplications() <= 1 << 19, known.images() + " images");
        assertTrue(String.join("", known.toMap().values()).length() < 720_000);
        assertEquals(0.95, shareKnown(known, rows(classes, 0, 1000, length, 2)), 0.02);
        assertTrue(shareKnown(known, rows(classes, classes, 300, length, 3)) < 0.5);
        KnownImages read = KnownImages.fromMap(known.toMap()).orElseThrow();
        for (float[] image : rows(classes, 0, 20, length, 4)) {
            assertEquals(known.novelty(image), read.novelty(image));
        }
        for (int some : new int[] {2, 20, 300, 5000, 100_000}) {
            List<float[]> features = rows(some, 0, 300, 512, 5);
            assertTrue(KnownImages.of(features, some).multiplications() <= 1 << 19, some + " classes");
        }
    }

    /** Images of some of many classes from the first one on; a class's direction is drawn from a seed of its own. */
    private static List<float[]> rows(int classes, int first, int count, int length, long seed) {
        Random random = new Random(seed);
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Random direction = new Random(7919L * (first + (long) i * classes / count % classes));
            float[] row = new float[length];
            for (int f = 0; f < length; f++) {
                row[f] = Math.max(0, (float) direction.nextGaussian()) + 0.6f * Math.abs((float) random.nextGaussian());
            }
            rows.add(row);
        }
        return rows;
    }

    /** The distance to the k-th nearest of unit vectors, computed anew in double precision, within what 8 bits leave of it. */
    @Test
    void noveltyIsTheFormulas() {
        List<float[]> bank = images(80, 0, 4);
        KnownImages known = KnownImages.of(bank, 2);
        int k = 80 / (4 * 2);
        double[] own = bank.stream().mapToDouble(image -> kthDistance(image, bank, k + 1)).sorted().toArray();
        double kept = own[(int) Math.ceil(0.95 * 81) - 1];
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
        Map.of("known.neighbors", "31", "known.length", "7", "known.hashed", "17", "known.step", "Infinity", "known.distance", "NaN",
                "known.features", "?")
                .forEach((key, value) -> {
                    Map<String, String> bad = new HashMap<>(good);
                    bad.put(key, value);
                    String message = assertThrows(IllegalArgumentException.class, () -> KnownImages.fromMap(bad)).getMessage();
                    assertTrue(message.startsWith("known.*: damaged features of known images"), message);
                });
        Map<String, String> large = new HashMap<>(good);
        large.putAll(Map.of("known.hashed", good.get("known.length"), "known.length", "2147483647"));
        assertThrows(IllegalArgumentException.class, () -> KnownImages.fromMap(large), "a length that would take 8 GB");
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
