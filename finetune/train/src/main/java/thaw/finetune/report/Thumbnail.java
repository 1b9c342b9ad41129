package thaw.finetune.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import javax.imageio.ImageIO;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/** A small square from the middle of an image file, encoded as text for an HTML page. */
final class Thumbnail {
    private static final int SIDE = 128;

    private Thumbnail() {
    }

    /** A {@code data:} URL of a JPEG; empty if the file can no longer be read. */
    static Optional<String> of(Path file) {
        try {
            RgbImage square = ImageDecoder.decode(file, ImageDecoder.MOST_PIXELS, Transforms.of(SIDE).resize(SIDE)::square);
            return Optional.of("data:image/jpeg;base64," + Base64.getEncoder().encodeToString(jpeg(square)));
        } catch (ImageReadException unreadable) {
            return Optional.empty();
        }
    }

    private static byte[] jpeg(RgbImage image) {
        BufferedImage buffered = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                buffered.setRGB(x, y, image.sample(x, y, 0) << 16 | image.sample(x, y, 1) << 8 | image.sample(x, y, 2));
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(buffered, "jpeg", bytes);
        } catch (IOException inMemory) {
            throw new UncheckedIOException(inMemory);
        }
        return bytes.toByteArray();
    }
}
