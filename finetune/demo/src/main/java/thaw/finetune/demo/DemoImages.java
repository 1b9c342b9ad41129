package thaw.finetune.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.synthetic.SyntheticImages;

/**
 * The demo's synthetic images on disk. Every draw has its own training and validation images, in folders {@code train} and
 * {@code valid} of class folders; all draws share the test images.
 *
 * <p>Folders are named by their contents and appear only when complete, so that an earlier demo's folders are reused.
 */
public final class DemoImages {

    /** Width and height of an image in pixels. */
    public static final int SIZE = 32;

    private static final int BATCH = 20;
    private static final int TEST_BATCH = 50;
    private static final long TEST_SEED = 0;

    private final Path folder;
    private final int perClass;
    private final int tested;
    private final SyntheticImages set = SyntheticImages.demo();

    /**
     * The demo's images in a folder, which {@link #draw} writes.
     *
     * @param perClass number of training images per class, at least 2
     * @param tested   number of test images per class, at least 1; there are a tenth as many validation images, but at least 1
     * @throws IllegalArgumentException if a number is too small
     */
    public DemoImages(Path folder, int perClass, int tested) {
        if (perClass < 2 || tested < 1) {
            throw new IllegalArgumentException("images per class: expected at least 2 to train on and 1 to test on, got "
                    + perClass + " and " + tested);
        }
        this.folder = folder;
        this.perClass = perClass;
        this.tested = tested;
    }

    /** Writes the images of a draw, and the test images, unless their folders exist. */
    public void draw(long seed) throws IOException {
        if (Files.notExists(folder(seed))) {
            set.write(folder(seed), perClass, Math.max(1, tested / 10), SIZE, seed);
        }
        if (Files.notExists(testFolder())) {
            set.write(testFolder(), tested, SIZE, TEST_SEED);
        }
    }

    /** The folder of a draw's {@code train} and {@code valid}. */
    public Path folder(long seed) {
        return folder.resolve("draw-" + seed + "-of-" + perClass);
    }

    /** The folder of the test images' class folders. */
    public Path testFolder() {
        return folder.resolve("test-of-" + tested);
    }

    /** The training and validation images of a draw; training images are flipped at random. */
    public ImageFolder training(long seed) {
        return ImageFolder.of(folder(seed)).transforms(Pretraining.transforms().flip(true)).batch(BATCH).seed(seed);
    }

    /** The test images. */
    public ImageFolder test() {
        return ImageFolder.of(testFolder()).transforms(Pretraining.transforms()).batch(TEST_BATCH);
    }
}
