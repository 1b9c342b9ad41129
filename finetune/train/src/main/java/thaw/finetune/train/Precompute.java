package thaw.finetune.train;

import java.nio.file.Path;
import java.util.Objects;
import thaw.kernels.CacheFolder;

/**
 * The phases in which a frozen body's features are computed once per image and the head is trained from them: fastai
 * 0.7's {@code precompute=True}. Immutable.
 *
 * @param when   the phases
 * @param folder the folder in which features are cached for other runs
 */
public record Precompute(When when, Path folder) {

    /** The phases in which features are computed once. */
    public enum When {
        /** No phase. */
        NEVER,
        /**
         * Phases in which the trained head is the same with and without precomputed features: they train the head alone,
         * with {@link FrozenBatchNorm#EVAL}, on images that are not augmented; or, if a phase has several epochs, on
         * images that are augmented by a flip only, whose features are computed for both orientations.
         */
        EXACT,
        /** Every phase that trains the head alone; an error if the trained head would differ, or if there is no such phase. */
        REQUIRED,
        /**
         * Every phase that trains the head alone. Images are then not augmented, and frozen batch norms use fixed
         * statistics.
         */
        ALWAYS
    }

    /** Requires both. */
    public Precompute {
        Objects.requireNonNull(when, "when");
        Objects.requireNonNull(folder, "folder");
    }

    /** With features cached in the folder {@code features} of the {@link CacheFolder}. */
    public static Precompute of(When when) {
        return new Precompute(when, CacheFolder.path().resolve("features"));
    }

    /** With features cached in another folder. */
    public Precompute in(Path folder) {
        return new Precompute(when, folder);
    }
}
