package thaw.finetune.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.Sample;
import thaw.finetune.images.RgbImage;
import thaw.finetune.synthetic.SyntheticImages;

/**
 * A data set of synthetic images, drawn when they are read. Of {@code C} classes, every {@code C} consecutive samples have each
 * class once, in random order. Sample {@code n} depends only on the seed and {@code n}.
 *
 * @param firstSeed the seed of sample 0; sample n has {@code firstSeed + n}
 * @param size      width and height in pixels
 */
public record DrawnImages(SyntheticImages set, long firstSeed, int size, int length) implements Dataset {

    /** The data set of a seed, whose samples have seeds far from those of other seeds. */
    public static DrawnImages of(SyntheticImages set, long seed, int size, int length) {
        return new DrawnImages(set, new SplittableRandom(seed).nextLong(), size, length);
    }

    @Override
    public Sample sample(int index) {
        return new Sample(Path.of(String.valueOf(index)), label(index));
    }

    @Override
    public RgbImage image(int index) {
        return RgbImage.of(set.draw(label(index), firstSeed + index, size));
    }

    private int label(int index) {
        int classes = set.classes().size();
        List<Integer> order = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(~firstSeed + index / classes);
        for (int c = 0; c < classes; c++) {
            order.add(random.nextInt(c + 1), c);
        }
        return order.get(index % classes);
    }
}
