package thaw.finetune;

import java.nio.file.Path;
import java.util.Objects;
import thaw.kernels.CacheFolder;

/**
 * When the features of a frozen body are computed once for each image, and the head is trained from them: fastai 0.7's {@code
 * precompute=True}.
 *
 * @param when   in which phases
 * @param folder where features are kept for other runs
 */
public record Precompute(When when, Path folder) {

    /** In which phases. */
    public enum When {
        NEVER,
        /**
         * Where the head becomes the same: it alone is trained, with {@link FrozenBatchNorm#EVAL}, on images that never vary; or
         * for several epochs, on images that vary by a mirror image alone, whose features are computed both ways.
         */
        EXACT,
        /** In every phase that trains the head alone; an error where the head would not become the same, or there is none. */
        REQUIRED,
        /** Wherever the head alone is trained: images are not varied then, and frozen batch norms have fixed statistics. */
        ALWAYS
    }

    public Precompute {
        Objects.requireNonNull(when, "when");
        Objects.requireNonNull(folder, "folder");
    }

    /** With features kept in {@code features} in the {@link CacheFolder}. */
    public static Precompute of(When when) {
        return new Precompute(when, CacheFolder.path().resolve("features"));
    }

    public static Precompute never() {
        return of(When.NEVER);
    }

    public static Precompute whereExact() {
        return of(When.EXACT);
    }

    /** Insists on it: fits say why where it cannot be, before they begin. */
    public static Precompute required() {
        return of(When.REQUIRED);
    }

    /** On request: another training, though often not a worse one, and a warning says what is left out. */
    public static Precompute always() {
        return of(When.ALWAYS);
    }

    /** With features kept in another folder. */
    public Precompute in(Path folder) {
        return new Precompute(when, folder);
    }
}
