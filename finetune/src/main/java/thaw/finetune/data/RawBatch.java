package thaw.finetune.data;

import java.nio.file.Path;
import java.util.List;

/**
 * A batch before it is a tensor. The arrays belong to the loader, which fills {@code images} anew once the next batch is
 * asked for: copy them to keep them.
 *
 * @param images {@code [size, 3, side, side]}, normalized, rows contiguous
 * @param labels {@code [size]}, indices of classes
 * @param size   number of images; the last batch of an epoch may have fewer than the others
 * @param side   of each image, in pixels
 * @param files  where each image came from
 */
public record RawBatch(float[] images, int[] labels, int size, int side, List<Path> files) {
}
