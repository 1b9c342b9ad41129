package thaw.finetune.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Writes small images, each of a different colour, into class folders. */
final class DrawnFolder {
    private DrawnFolder() {
    }

    /** Writes {@code count} PNGs named 00.png, 01.png, … of the given size into {@code folder}. */
    static void fill(Path folder, int count, int width, int height) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            for (int x = 0; x < width; x++) {
                for (int y = 0; y < height; y++) {
                    image.setRGB(x, y, x * 5 << 16 | y * 5 << 8 | (folder.hashCode() + i * 7 & 0xff));
                }
            }
            ImageIO.write(image, "png", folder.resolve(String.format("%02d.png", i)).toFile());
        }
    }
}
