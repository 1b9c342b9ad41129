package thaw.finetune.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Holds out the same share of every class. Which images are held out depends on the seed and on the order of the files only,
 * not on where the folder lies.
 *
 * @param train what is left, in the given order
 * @param valid what is held out, in the given order
 */
record StratifiedSplit(List<Sample> train, List<Sample> valid) {
    /** Separates these draws from those of the epochs, which use the same seed. */
    private static final long PURPOSE = -1;

    /** @param fraction held out of each class, rounded; at least one image of a class that has two, and never all of them */
    static StratifiedSplit of(ClassFolders folders, double fraction, long seed) {
        List<Sample> train = new ArrayList<>();
        List<Sample> valid = new ArrayList<>();
        List<Sample> all = folders.samples();
        int first = 0;
        for (int label = 0; label < folders.classes().size(); label++) {
            int count = folders.files().get(label).size();
            int held = Math.max(Math.min(1, count - 1), Math.min(count - 1, (int) Math.round(count * fraction)));
            boolean[] isHeld = new boolean[count];
            int[] order = RandomStream.permutation(count, RandomStream.of(seed, PURPOSE, label));
            Arrays.stream(order, 0, held).forEach(i -> isHeld[i] = true);
            for (int i = 0; i < count; i++) {
                (isHeld[i] ? valid : train).add(all.get(first + i));
            }
            first += count;
        }
        return new StratifiedSplit(List.copyOf(train), List.copyOf(valid));
    }
}
