package thaw.finetune.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.pictures.PictureSet;

/**
 * The demo's pictures on disk. Every draw has training pictures of its own and some to watch the training by, in folders
 * {@code train} and {@code valid} of class folders; all draws are tested on the same pictures.
 *
 * <p>Folders are named after what is in them and appear when they are whole, so that those of an earlier demo are used again.
 */
public final class DemoPictures {

    /** Pixels along either side of a picture. */
    public static final int SIZE = 32;

    private static final int BATCH = 20;
    private static final int TEST_BATCH = 50;
    private static final long TEST_SEED = 0;

    private final Path folder;
    private final int perClass;
    private final int tested;
    private final PictureSet set = PictureSet.demo();

    /**
     * @param perClass training pictures of each class
     * @param tested   test pictures of each class; a tenth as many are there to watch a training by
     */
    public DemoPictures(Path folder, int perClass, int tested) {
        if (perClass < 2 || tested < 1) {
            throw new IllegalArgumentException("pictures a class: expected at least 2 to train on and 1 to test on, got "
                    + perClass + " and " + tested);
        }
        this.folder = folder;
        this.perClass = perClass;
        this.tested = tested;
    }

    /** Draws the pictures of a draw, and the tested ones, unless they are there. */
    public void draw(long seed) throws IOException {
        if (Files.notExists(folder(seed))) {
            set.write(folder(seed), perClass, Math.max(1, tested / 10), SIZE, seed);
        }
        if (Files.notExists(testFolder())) {
            set.write(testFolder(), tested, SIZE, TEST_SEED);
        }
    }

    /** Where a draw's {@code train} and {@code valid} are. */
    public Path folder(long seed) {
        return folder.resolve("draw-" + seed + "-of-" + perClass);
    }

    /** Where the class folders of the tested pictures are. */
    public Path testFolder() {
        return folder.resolve("test-of-" + tested);
    }

    /** What is trained on in a draw, mirrored at random. */
    public ImageFolder training(long seed) {
        return ImageFolder.of(folder(seed)).transforms(Pretraining.transforms().flip(true)).batch(BATCH).seed(seed);
    }

    public ImageFolder test() {
        return ImageFolder.of(testFolder()).transforms(Pretraining.transforms()).batch(TEST_BATCH);
    }
}
