package thaw.finetune.data;

import java.nio.file.Path;
import java.util.Map;

/**
 * What a network's frozen body makes of images, by file, all of one length; an image without counts as broken.
 *
 * @param plain    of the images as they are evaluated
 * @param mirrored of their mirror images, for a training that flips at random; empty for one that does not
 */
public record ImageFeatures(Map<Path, float[]> plain, Map<Path, float[]> mirrored) {

    public ImageFeatures {
        plain = Map.copyOf(plain);
        mirrored = Map.copyOf(mirrored);
    }

    int length() {
        return plain.values().iterator().next().length;
    }

    /** Null where there are none. */
    float[] of(Path file, boolean flipped) {
        return (flipped ? mirrored : plain).get(file);
    }
}
