package thaw.finetune.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import thaw.finetune.images.ImageReadException;

/**
 * Features of images, by file: the output of a network's frozen body, all of one length. An image without features counts as
 * broken.
 *
 * @param plain    the features of the images as prepared for evaluation
 * @param mirrored the features of their mirror images, for training with random flips; otherwise empty
 */
public record ImageFeatures(Map<Path, float[]> plain, Map<Path, float[]> mirrored) {

    /** Copies the maps. */
    public ImageFeatures {
        plain = Map.copyOf(plain);
        mirrored = Map.copyOf(mirrored);
    }

    /** The features in the order of {@code samples}, mirrored in training wherever {@code images} would be. */
    BatchLoader.Rows of(List<Sample> samples, PreparedImages images) {
        int length = plain.values().iterator().next().length;
        return new BatchLoader.Rows() {
            @Override
            public int length() {
                return length;
            }

            @Override
            public int side() {
                return 0;
            }

            @Override
            public void write(int index, BatchLoader.Pass pass, SplittableRandom random, float[] values, int offset) {
                boolean flipped = pass == BatchLoader.Pass.TRAINING && !mirrored.isEmpty() && images.drawFlip(random);
                Path file = samples.get(index).file();
                float[] known = (flipped ? mirrored : plain).get(file);
                if (known == null) {
                    throw new ImageReadException(file + ": was not readable when its features were computed");
                }
                System.arraycopy(known, 0, values, offset, length);
            }
        };
    }
}
