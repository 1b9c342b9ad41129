package thaw.finetune.lesson;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import thaw.finetune.augment.Corruption;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.Sample;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/** Images in memory, each a square of the network's size. */
record LessonImages(List<Sample> samples, List<RgbImage> images) implements Dataset {

    private static final long PLACES = 1_000_000;

    /** The images of a data set at some indices, decoded and cropped. */
    static LessonImages of(Dataset data, List<Integer> indices, Transforms transforms) {
        return new LessonImages(indices.stream().map(data::sample).toList(),
                indices.stream().map(i -> data.image(i, transforms::square)).toList());
    }

    /**
     * The indices of a data set in random order, such that each part of the order has about as many images of every class.
     *
     * @param candidates the indices to order
     */
    static List<Integer> balanced(Dataset data, List<Integer> candidates, long seed) {
        List<Integer> order = new ArrayList<>(candidates);
        Collections.shuffle(order, new Random(seed));
        int[] seen = new int[1 + order.stream().mapToInt(i -> data.sample(i).label()).max().orElse(0)];
        int[] turn = new int[data.length()];
        order.forEach(i -> turn[i] = seen[data.sample(i).label()]++);
        // The sort is stable: within a turn the random order stays.
        order.sort((a, b) -> Integer.compare(turn[a], turn[b]));
        return order;
    }

    @Override
    public int length() {
        return samples.size();
    }

    @Override
    public Sample sample(int index) {
        return samples.get(index);
    }

    @Override
    public RgbImage image(int index) {
        return images.get(index);
    }

    LessonImages first(int count) {
        return new LessonImages(samples.subList(0, count), images.subList(0, count));
    }

    /** The images with the corruption of each place; an image's random numbers depend on the seed and its place. */
    LessonImages corrupted(IntFunction<Corruption> corruption, long seed) {
        return new LessonImages(samples, IntStream.range(0, length()).mapToObj(i -> corruption.apply(i).apply(images.get(i),
                images.get(i).width(), new SplittableRandom(PLACES * seed + i))).toList());
    }

    /** The images with the label of each place. */
    LessonImages labelled(IntUnaryOperator label) {
        return new LessonImages(IntStream.range(0, length()).mapToObj(i -> new Sample(samples.get(i).file(), label.applyAsInt(i)))
                .toList(), images);
    }
}
