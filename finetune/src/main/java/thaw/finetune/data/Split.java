package thaw.finetune.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How images are held out for validation where none are given apart. Which ones depends on the seed and on the order of the files
 * only, not on where they lie.
 */
public enum Split {
    /** The same share of every class, rounded; at least one image of a class that has two, and never all of them. */
    STRATIFIED {
        @Override
        boolean[] heldOut(ImageList images, double fraction, long seed) {
            boolean[] held = new boolean[images.samples().size()];
            for (int label = 0; label < images.classes().size(); label++) {
                int wanted = label;
                int[] members = IntStream.range(0, held.length)
                        .filter(i -> images.samples().get(i).label() == wanted).toArray();
                int[] order = RandomStream.permutation(members.length, RandomStream.of(seed, PURPOSE, label));
                Arrays.stream(order, 0, share(members.length, fraction)).forEach(i -> held[members[i]] = true);
            }
            return held;
        }
    },

    /** A share of all images, whatever they show. */
    RANDOM {
        @Override
        boolean[] heldOut(ImageList images, double fraction, long seed) {
            boolean[] held = new boolean[images.samples().size()];
            int[] order = RandomStream.permutation(held.length, RandomStream.of(seed, PURPOSE));
            Arrays.stream(order, 0, share(held.length, fraction)).forEach(i -> held[i] = true);
            return held;
        }
    };

    /** Separates these draws from those of the epochs, which use the same seed. */
    private static final long PURPOSE = -1;

    abstract boolean[] heldOut(ImageList images, double fraction, long seed);

    private static int share(int count, double fraction) {
        return Math.max(Math.min(1, count - 1), Math.min(count - 1, (int) Math.round(count * fraction)));
    }

    /** The images that are held out, or the others, in the given order. */
    List<Sample> part(ImageList images, double fraction, long seed, boolean isHeld) {
        boolean[] held = heldOut(images, fraction, seed);
        List<Sample> part = new ArrayList<>();
        for (int i = 0; i < held.length; i++) {
            if (held[i] == isHeld) {
                part.add(images.samples().get(i));
            }
        }
        return List.copyOf(part);
    }
}
