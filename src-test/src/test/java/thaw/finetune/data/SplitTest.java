package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import thaw.finetune.predict.LabelSet;

class SplitTest {
    private static ImageList images(int classes, int[] labels) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < labels.length; i++) {
            samples.add(new Sample(Path.of(i + ".jpg"), labels[i]));
        }
        List<String> names = IntStream.range(0, classes).mapToObj(Integer::toString).toList();
        return new ImageList("x/", Path.of("x"), new LabelSet(names, false), samples, Map.of(), List.of());
    }

    /** A straightforward stratified split: the same share of each class, by the class's own random stream. */
    private static List<Integer> heldOut(ImageList images, double fraction, long seed) {
        List<Integer> held = new ArrayList<>();
        for (int label = 0; label < images.classes().size(); label++) {
            int wanted = label;
            int[] members = IntStream.range(0, images.samples().size())
                    .filter(i -> images.samples().get(i).label() == wanted).toArray();
            int[] order = RandomStream.permutation(members.length, RandomStream.of(seed, -1, label));
            int count = members.length;
            int share = Math.max(Math.min(1, count - 1), Math.min(count - 1, (int) Math.round(count * fraction)));
            IntStream.of(order).limit(share).forEach(i -> held.add(members[i]));
        }
        return held.stream().sorted().toList();
    }

    @Test
    void stratifiedHoldsOutTheSameOfEachClassWhateverTheOrder() {
        SplittableRandom random = new SplittableRandom(3);
        for (int trial = 0; trial < 200; trial++) {
            int classes = 1 + random.nextInt(12);
            List<Integer> labels = new ArrayList<>(IntStream.range(0, classes).boxed().toList());
            for (int more = random.nextInt(80); more > 0; more--) {
                labels.add(random.nextInt(labels.size() + 1), random.nextInt(classes));
            }
            ImageList images = images(classes, labels.stream().mapToInt(Integer::intValue).toArray());
            double fraction = 0.05 + 0.9 * random.nextDouble();
            long seed = random.nextLong();
            List<Sample> expected = heldOut(images, fraction, seed).stream().map(images.samples()::get).toList();
            assertEquals(expected, Split.STRATIFIED.part(images, fraction, seed, true));
            List<Sample> others = new ArrayList<>(images.samples());
            others.removeAll(expected);
            assertEquals(others, Split.STRATIFIED.part(images, fraction, seed, false));
        }
    }

    /** Splitting takes well under a second; an algorithm of classes × images, 5 billion steps, takes a minute. */
    @Test
    void manyClassesTakeNoLonger() {
        int classes = 10_000;
        ImageList images = images(classes, IntStream.range(0, 500_000).map(i -> i % classes).toArray());
        List<Sample> held = assertTimeoutPreemptively(Duration.ofSeconds(20),
                () -> Split.STRATIFIED.part(images, 0.2, 1, true));
        assertEquals(100_000, held.size());
    }
}
