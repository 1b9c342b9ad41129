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
        /** Where the head becomes the same: it alone is trained, with {@link FrozenBatchNorm#EVAL}, on images that never vary. */
        EXACT,
        /** Wherever the head alone is trained: images are not varied then, and frozen batch norms have fixed statistics. */
        ALWAYS
    }

    public Precompute {
        Objects.requireNonNull(when, "when");
        Objects.requireNonNull(folder, "folder");
    }

    public static Precompute never() {
        return new Precompute(When.NEVER, userFolder());
    }

    public static Precompute whereExact() {
        return new Precompute(When.EXACT, userFolder());
    }

    /** On request: another training, though often not a worse one, and a warning says what is left out. */
    public static Precompute always() {
        return new Precompute(When.ALWAYS, userFolder());
    }

    /** With features kept in another folder than {@code features} in the {@link CacheFolder}. */
    public Precompute in(Path folder) {
        return new Precompute(when, folder);
    }

    private static Path userFolder() {
        return CacheFolder.path().resolve("features");
    }
}
