package thaw.finetune.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/**
 * A batch of images in Java arrays, and its copies on a device. A training loop written by hand:
 *
 * <pre>{@code
 * try (Batches epoch = data.trainLoader().epoch(0)) {
 *     for (Batch batch : epoch) {
 *         try (Scope step = device.scope()) {
 *             Tensor loss = crossEntropy(net.forward(batch.images(device)), batch.labels(device));
 *             sgd.zeroGrad();
 *             loss.backward();
 *             sgd.step();
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>The arrays belong to the loader, which overwrites {@code images} when the next batch is requested: copy them to keep them.
 *
 * @param images  {@code [size, 3, side, side]}, normalised, rows contiguous; or {@code [size, features]}, see {@link
 *                BatchLoader#onFeatures}
 * @param targets the images' classes
 * @param size    the number of images; less than the others in an epoch's last batch, and in one with broken images
 * @param side    the side of each image, in pixels; 0 for features
 * @param files   the file of each image
 */
public record Batch(float[] images, Targets targets, int size, int side, List<Path> files) {
    private static final int CHANNELS = 3;

    /** The target outputs of a network for the images of a batch. */
    public sealed interface Targets {
    }

    /**
     * One class for each image.
     *
     * @param labels {@code [N]}, indices of classes
     */
    public record ClassNumbers(int[] labels) implements Targets {
        static ClassNumbers of(List<Sample> samples) {
            return new ClassNumbers(samples.stream().mapToInt(Sample::label).toArray());
        }
    }

    /**
     * A number for each image and class: probabilities for mixed single-label images; 1 or 0, or fractions if mixed, for images
     * of several labels.
     *
     * @param values  {@code [N, C]}, row by row
     * @param classes C
     */
    public record Matrix(float[] values, int classes) implements Targets {
        /** A matrix with 1 if an image shows a class, and 0 otherwise. */
        static Matrix of(List<Sample> samples, int classes) {
            float[] values = new float[samples.size() * classes];
            for (int i = 0; i < samples.size(); i++) {
                for (int label : samples.get(i).labels()) {
                    values[i * classes + label] = 1;
                }
            }
            return new Matrix(values, classes);
        }
    }

    /** A new tensor {@code [N, 3, H, W]} of normalised images. */
    public Tensor images(Device device) {
        return device.tensor(Shape.of(size, CHANNELS, side, side), images);
    }

    /** The network's scores, {@code [N, classes]}. A batch of precomputed features goes through the classifier alone. */
    public Tensor scores(Network net) {
        return side == 0 ? net.classify(pooled(net)) : net.call(images(net.device()));
    }

    /** The input of the network's classifier, {@code [N, features]}: the batch itself if its features are precomputed. */
    public Tensor pooled(Network net) {
        return side == 0 ? net.device().tensor(Shape.of(size, images.length / size), images) : net.pooled(images(net.device()));
    }

    /**
     * A new tensor {@code [N]} of class numbers.
     *
     * @throws IllegalStateException if the data is multi-label or the images were mixed; see {@link #targets(Device)}
     */
    public Tensor labels(Device device) {
        return device.labels(labels());
    }

    /**
     * A new tensor of the targets: {@code [N]} class numbers, or {@code [N, C]} values from 0 to 1 if the data is
     * multi-label or the images were mixed.
     */
    public Tensor targets(Device device) {
        return targets instanceof Matrix matrix ? device.tensor(Shape.of(size, matrix.classes()), matrix.values())
                : labels(device);
    }

    /**
     * The class of each image: {@code [size]} indices.
     *
     * @throws IllegalStateException if images may show several classes, or were mixed
     */
    public int[] labels() {
        if (targets instanceof ClassNumbers numbers) {
            return numbers.labels();
        }
        throw new IllegalStateException("the batch has no single class per image, because images have several labels or were "
                + "mixed; use targets()");
    }

    /**
     * Whether each image has one class, and all these classes have the weight 0.
     *
     * @param classWeights empty for no weights
     */
    public boolean isWithoutWeight(List<Double> classWeights) {
        return !classWeights.isEmpty() && targets instanceof ClassNumbers numbers
                && IntStream.of(numbers.labels()).allMatch(label -> classWeights.get(label).floatValue() == 0);
    }

    /**
     * The images with their classes.
     *
     * @throws IllegalStateException if the images were mixed
     */
    public List<Sample> samples() {
        return IntStream.range(0, size).mapToObj(i -> new Sample(files.get(i), labels(i))).toList();
    }

    private List<Integer> labels(int image) {
        if (!(targets instanceof Matrix matrix)) {
            return List.of(labels()[image]);
        }
        List<Integer> labels = new ArrayList<>();
        for (int c = 0; c < matrix.classes(); c++) {
            float value = matrix.values()[image * matrix.classes() + c];
            if (value != 0 && value != 1) {
                throw new IllegalStateException("the batch's images were mixed, so their classes are fractions; use targets()");
            }
            if (value == 1) {
                labels.add(c);
            }
        }
        return labels;
    }

    /**
     * The size of a batch, for messages.
     *
     * @param batch null while no batch has been prepared
     */
    public static String describe(@Nullable Batch batch) {
        if (batch == null) {
            return "preparing images";
        }
        return batch.side == 0 ? "the features of a batch of " + batch.size + " images"
                : "a batch of " + batch.size + " images of " + batch.side + " x " + batch.side + " pixels";
    }
}
