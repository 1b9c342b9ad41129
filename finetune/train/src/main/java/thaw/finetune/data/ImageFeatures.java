package thaw.finetune.data;

import java.nio.file.Path;
import java.util.Map;

/**
 * Features of images, by file: the output of a network's frozen body, all of one length. An image without features counts as
 * broken.
 *
 * @param plain    the features of the images as prepared for evaluation
 * @param mirrored the features of their mirror images, for training with random flips; otherwise empty
 */
public record ImageFeatures(Map<Path, float[]> plain, Map<Path, float[]> mirrored) {

    public ImageFeatures {
        plain = Map.copyOf(plain);
        mirrored = Map.copyOf(mirrored);
    }

    int length() {
        return plain.values().iterator().next().length;
    }

    /** The features of a file; null if there are none. */
    float[] of(Path file, boolean flipped) {
        return (flipped ? mirrored : plain).get(file);
    }
}
