package thaw.finetune.report;

import java.nio.file.Path;
import java.util.Optional;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/** A small square from the middle of an image file, encoded as text for an HTML page. */
final class Thumbnail {
    private static final int SIDE = 96;

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

    /** An image element of the file, or a grey square. */
    static String image(Path file) {
        return of(file).map(url -> "<img alt=\"\" src=\"" + url + "\">").orElse("<span class=\"none\"></span>");
    }

    /** Images of a file with words beneath and the file's name, which follows its folder's, often the class. All but the file is HTML. */
    static String figure(String images, String words, Path file) {
        return "<figure>" + images + "<figcaption>" + words + "<br>" + Html.text(shortName(file)) + "</figcaption></figure>\n";
    }

    /** The file's name after its folder's. */
    static String shortName(Path file) {
        int names = file.getNameCount();
        return names < 2 ? file.toString() : file.subpath(names - 2, names).toString();
    }
}
