package thaw.finetune.data;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/**
 * A batch of images for a device, for training loops written by hand:
 *
 * <pre>{@code
 * for (Batch batch : Batch.on(device, data.trainLoader().epoch(0))) {
 *     try (Scope step = device.scope()) {
 *         Tensor loss = crossEntropy(net.forward(batch.images()), batch.labels());
 *         sgd.zeroGrad();
 *         loss.backward();
 *         sgd.step();
 *     }
 * }
 * }</pre>
 *
 * <p>A batch is valid until the next one is taken. Each call creates a new tensor, which belongs to the scope of the
 * step.
 */
public final class Batch {
    private static final int CHANNELS = 3;

    private final Device device;
    private final RawBatch raw;

    private Batch(Device device, RawBatch raw) {
        this.device = device;
        this.raw = raw;
    }

    public static Batch of(Device device, RawBatch raw) {
        return new Batch(device, raw);
    }

    /** The batches of an epoch, in order; the result can be iterated once. */
    public static Iterable<Batch> on(Device device, Batches epoch) {
        return () -> new Iterator<>() {
            @Override
            public boolean hasNext() {
                return epoch.hasNext();
            }

            @Override
            public Batch next() {
                return new Batch(device, epoch.next());
            }
        };
    }

    /** A new tensor {@code [N, 3, H, W]} of normalised images. */
    public Tensor images() {
        return device.tensor(Shape.of(raw.size(), CHANNELS, raw.side(), raw.side()), raw.images());
    }

    /** The network's scores, {@code [N, classes]}. A batch of precomputed features goes through the classifier alone. */
    public Tensor scores(Network net) {
        return raw.side() == 0
                ? net.classify(device.tensor(Shape.of(raw.size(), raw.images().length / raw.size()), raw.images()))
                : net.call(images());
    }

    /**
     * A new tensor {@code [N]} of class numbers.
     *
     * @throws IllegalStateException if the data is multi-label or the images were mixed; see {@link #targets}
     */
    public Tensor labels() {
        return device.labels(raw.labels());
    }

    /**
     * A new tensor of the targets: {@code [N]} class numbers, or {@code [N, C]} values from 0 to 1 if the data is
     * multi-label or the images were mixed.
     */
    public Tensor targets() {
        if (raw.targets() instanceof Targets.Matrix matrix) {
            return device.tensor(Shape.of(raw.size(), matrix.classes()), matrix.values());
        }
        return labels();
    }

    /**
     * Whether each image has one class, and all these classes have the weight 0.
     *
     * @param classWeights empty for no weights
     */
    public boolean isWithoutWeight(List<Double> classWeights) {
        return !classWeights.isEmpty() && raw.targets() instanceof Targets.ClassNumbers numbers
                && IntStream.of(numbers.labels()).allMatch(label -> classWeights.get(label).floatValue() == 0);
    }

    /** The number of images. */
    public int size() {
        return raw.size();
    }

    /** The images' files, in the order of the batch. */
    public List<Path> files() {
        return raw.files();
    }
}
