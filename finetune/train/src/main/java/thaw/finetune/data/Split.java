package thaw.finetune.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The validation split of a data set without validation images. The images held out depend only on the seed and the order of the
 * files, not on their location.
 */
public enum Split {
    /** The same share of every class, rounded; at least one image of a class that has two or more, and never all of them. */
    STRATIFIED {
        @Override
        boolean[] heldOut(ImageList images, double fraction, long seed) {
            boolean[] held = new boolean[images.samples().size()];
            int[] labels = images.samples().stream().mapToInt(Sample::label).toArray();
            int[][] members = members(labels, images.classes().size());
            for (int label = 0; label < members.length; label++) {
                int[] ofClass = members[label];
                int[] order = RandomStream.permutation(ofClass.length, RandomStream.of(seed, PURPOSE, label));
                Arrays.stream(order, 0, share(ofClass.length, fraction)).forEach(i -> held[ofClass[i]] = true);
            }
            return held;
        }
    },

    /** A share of all images, irrespective of their classes. */
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

    /** The indices of each class's images, in order. */
    private static int[][] members(int[] labels, int classes) {
        int[] counts = new int[classes];
        Arrays.stream(labels).forEach(label -> counts[label]++);
        int[][] members = Arrays.stream(counts).mapToObj(int[]::new).toArray(int[][]::new);
        int[] filled = new int[classes];
        for (int i = 0; i < labels.length; i++) {
            members[labels[i]][filled[labels[i]]++] = i;
        }
        return members;
    }

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
