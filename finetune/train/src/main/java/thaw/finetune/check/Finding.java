package thaw.finetune.check;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * One thing to look at in a data set.
 *
 * @param suggested the class that the image more probably shows; empty unless the label is doubted
 * @param other     the image of which this one is a copy
 * @param reason    what was found, in words
 */
public record Finding(Kind kind, Place image, double score, Optional<String> suggested, Optional<Place> other, String reason) {

    /** The kinds of findings, the most urgent first; each says what its score is. */
    public enum Kind {
        /** The same pixels as another image. Score: 1. */
        EXACT_COPY,
        /** Another image encoded again, resized or cropped a little. Score: the correlation of the two. */
        NEAR_COPY,
        /** The network is confident of another class. Score: the probability of the label. */
        WRONG_LABEL,
        /** Another class is more probable. Score: the probability of the label. */
        DOUBTFUL_LABEL,
        /** A file that is no image, or a damaged one. Score: 0. */
        UNREADABLE,
        /** Without detail. Score: the variance of the Laplacian by that of the luma. */
        BLURRED,
        /** Score: the luma, 0 to 1, that 5 % of the pixels exceed. */
        DARK,
        /** Much smaller than the other images. Score: the short side in pixels. */
        TINY,
        /** Much longer than the other images. Score: the long side by the short one. */
        ODD_SHAPE,
        /** A class with few images. Score: their number by that of the largest class. */
        IMBALANCE;

        /** The name in tables, such as {@code wrong-label}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Whether the other image is the same. */
        public boolean isCopy() {
            return this == EXACT_COPY || this == NEAR_COPY;
        }
    }

    /**
     * An image in its data set.
     *
     * @param file    empty for a finding of a whole class
     * @param part    {@code train}, {@code valid}, or {@code all} if the data set is not divided
     * @param classes the names of its labels
     */
    public record Place(Path file, String part, List<String> classes) {
        /** Copies the list. */
        public Place {
            classes = List.copyOf(classes);
        }
    }

    /** Whether a copy lies in another part of the data set, so that the accuracy there is partly memory. */
    public boolean isLeak() {
        return other.isPresent() && !other.get().part.equals(image.part);
    }

    /** Whether two copies have different labels: one of them is wrong. */
    public boolean isConflict() {
        return other.isPresent() && !Set.copyOf(other.get().classes).equals(Set.copyOf(image.classes));
    }
}
