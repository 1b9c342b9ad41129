package thaw.finetune.train;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import thaw.finetune.data.ImageFolder;

/** Small images of two classes that are easy to separate, blue and red, with noise. */
public final class ColourFolder {
    private static final int SIDE = 8;

    private ColourFolder() {
    }

    /** 18 training and 8 validation images of 8 × 8 pixels, in batches of 6. */
    public static ImageFolder in(Path root) throws IOException {
        fill(root.resolve("train"), 9, 1);
        fill(root.resolve("valid"), 4, 2);
        return ImageFolder.of(root).size(SIDE).batch(6).seed(3);
    }

    /** Writes {@code perClass} images of each class. */
    static void fill(Path folder, int perClass, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < perClass; i++) {
            write(folder.resolve("blue/" + i + ".png"), drawn(0x2040c0, random));
            write(folder.resolve("red/" + i + ".png"), drawn(0xc04020, random));
        }
    }

    static BufferedImage drawn(int rgb, SplittableRandom random) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                image.setRGB(x, y, rgb + (random.nextInt(32) << 16 | random.nextInt(32) << 8 | random.nextInt(32)));
            }
        }
        return image;
    }

    private static void write(Path file, BufferedImage image) throws IOException {
        Files.createDirectories(file.getParent());
        ImageIO.write(image, "png", file.toFile());
    }
}
