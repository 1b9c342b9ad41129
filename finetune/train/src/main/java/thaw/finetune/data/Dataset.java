package thaw.finetune.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.function.UnaryOperator;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;

/**
 * A data set of images, PyTorch's map-style {@code Dataset}: a number of samples, each an image with its classes. Images may
 * come from anywhere, such as an archive, a database or a generator:
 *
 * <pre>{@code
 * record Rows(List<Row> rows) implements Dataset {
 *     public int length() {
 *         return rows.size();
 *     }
 *
 *     public Sample sample(int index) {
 *         return new Sample(Path.of("row-" + index), rows.get(index).label());
 *     }
 *
 *     public RgbImage image(int index) {
 *         return ImageDecoder.decode(rows.get(index).jpeg(), "row " + index);
 *     }
 * }
 * var train = new BatchLoader(new Rows(some), labels, Transforms.of(224), LoaderOptions.training(32, 1));
 * var valid = new BatchLoader(new Rows(others), labels, Transforms.of(224), LoaderOptions.evaluation(32));
 * Learner learn = new Learner(net, new DataLoaders(train, valid));
 * }</pre>
 *
 * <p>Implementations are thread-safe, because several threads read images, and give equal results for equal indices.
 */
public interface Dataset {
    /** The number of samples. */
    int length();

    /**
     * The classes of a sample and its file; a name, different for each sample, for an image that is not in a file.
     *
     * @param index from 0 to below {@link #length}
     */
    Sample sample(int index);

    /**
     * The decoded image of a sample.
     *
     * @throws ImageReadException if it cannot be read; the loader then skips it, unless it is strict
     */
    RgbImage image(int index);

    /**
     * The image, reduced. An implementation that limits the memory of images being decoded keeps it reserved until then.
     *
     * @param reduce such as a resizing
     */
    default RgbImage image(int index, UnaryOperator<RgbImage> reduce) {
        return reduce.apply(image(index));
    }

    /**
     * Bytes that are equal only for equal images. The features of a frozen body are stored by their digest; by default they are
     * the image's size and pixels.
     *
     * @throws IOException if they cannot be read
     */
    default byte[] content(int index) throws IOException {
        RgbImage image = image(index);
        byte[] rgb = image.rgb();
        return ByteBuffer.allocate(2 * Integer.BYTES + rgb.length).putInt(image.width()).putInt(image.height()).put(rgb).array();
    }

    /**
     * The data set of a list of image files, such as those of an {@link ImageFolder} or a table.
     *
     * @param maxPixels images with more pixels cannot be read
     */
    record OfFiles(List<Sample> samples, long maxPixels) implements Dataset {
        /** Copies the list. */
        public OfFiles {
            samples = List.copyOf(samples);
        }

        @Override
        public int length() {
            return samples.size();
        }

        @Override
        public Sample sample(int index) {
            return samples.get(index);
        }

        @Override
        public RgbImage image(int index) {
            return image(index, UnaryOperator.identity());
        }

        @Override
        public RgbImage image(int index, UnaryOperator<RgbImage> reduce) {
            return ImageDecoder.decode(samples.get(index).file(), maxPixels, reduce);
        }

        @Override
        public byte[] content(int index) throws IOException {
            return Files.readAllBytes(samples.get(index).file());
        }
    }
}
