package thaw.finetune.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/** Creates folders of small noisy images in colours that any network distinguishes. */
final class ColourImages {

    static final int SIDE = 8;

    private ColourImages() {
    }

    /** Writes {@code train/} with 20 and {@code valid/} with 8 images, of the classes blue and red. */
    static Path blueAndRed(Path folder) throws IOException {
        fill(folder.resolve("train/blue"), 10, 0x2040c0);
        fill(folder.resolve("train/red"), 10, 0xc04020);
        fill(folder.resolve("valid/blue"), 4, 0x2040c0);
        fill(folder.resolve("valid/red"), 4, 0xc04020);
        return folder;
    }

    static void fill(Path folder, int count, int rgb) throws IOException {
        Files.createDirectories(folder);
        SplittableRandom random = new SplittableRandom(rgb + count);
        for (int i = 0; i < count; i++) {
            BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
            for (int at = 0; at < SIDE * SIDE; at++) {
                int noise = random.nextInt(32) << 16 | random.nextInt(32) << 8 | random.nextInt(32);
                image.setRGB(at % SIDE, at / SIDE, rgb + noise);
            }
            ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
        }
    }
}
