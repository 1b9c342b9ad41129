package thaw.finetune.report;

import java.nio.file.Path;
import java.util.Optional;
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
            return Optional.of(Html.dataUrl(square.toBufferedImage(), "jpeg"));
        } catch (ImageReadException unreadable) {
            return Optional.empty();
        }
    }
}
