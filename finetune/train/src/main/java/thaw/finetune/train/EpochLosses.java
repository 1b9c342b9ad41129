package thaw.finetune.train;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

/**
 * The losses of an epoch's batches. On an asynchronous device they stay on the device until one is read, because reading
 * waits for all pending work, and reading at every step would leave the device idle in between. They are read together,
 * at most {@value #READ_TOGETHER} at a time.
 *
 * <p>A loss that is not finite may therefore be found late. The optimizer checks {@link #foundInf} on the device before
 * each step, so that no step is taken from the first such loss on.
 */
final class EpochLosses implements AutoCloseable {

    private static final int READ_TOGETHER = 32;

    private final Device device;
    private final Tensor foundInf;
    private final Deque<OfBatch> unread = new ArrayDeque<>();
    private double sum;
    private int images;
    private @Nullable OfBatch firstNonFinite;

    EpochLosses(Device device) {
        this.device = device;
        this.foundInf = device.zeros(Shape.SCALAR).unscoped();
    }

    /** The loss of one batch. */
    final class OfBatch {
        private final int batch;
        private final int images;
        private final List<Double> rates;
        private @Nullable Tensor onDevice;
        private double value = Double.NaN;

        private OfBatch(Tensor onDevice, int batch, int images, List<Double> rates) {
            this.onDevice = onDevice;
            this.batch = batch;
            this.images = images;
            this.rates = rates;
        }

        /** The batch's number in the epoch, from 1. */
        int batch() {
            return batch;
        }

        int images() {
            return images;
        }

        /** The learning rates of the batch's step. */
        List<Double> rates() {
            return rates;
        }

        /** The mean over the batch's images; the first call waits for the device. */
        double value() {
            if (onDevice != null) {
                read();
            }
            return value;
        }
    }

    /**
     * Adds the loss of the next batch, and updates {@link #foundInf}.
     *
     * @param mean over the batch's images; owned by this object from now on
     */
    OfBatch add(Tensor mean, int batch, int batchImages, List<Double> rates) {
        // 0·(loss − 0) is 0 if the loss is finite, and otherwise NaN. NaN then persists.
        device.backend().lerp(foundInf.array(), mean.array(), 0);
        OfBatch added = new OfBatch(mean, batch, batchImages, rates);
        unread.add(added);
        return added;
    }

    /** A scalar on the device: 0 while all losses are finite, NaN from the first one that is not. */
    Tensor foundInf() {
        return foundInf;
    }

    /** Whether the losses are to be read now; always true on a synchronous device. */
    boolean isDue() {
        return !device.backend().isAsynchronous() || unread.size() >= READ_TOGETHER;
    }

    private void read() {
        while (!unread.isEmpty()) {
            OfBatch next = unread.remove();
            next.value = next.onDevice.item();
            next.onDevice.close();
            next.onDevice = null;
            sum += next.value * next.images;
            images += next.images;
            if (firstNonFinite == null && !Double.isFinite(next.value)) {
                firstNonFinite = next;
            }
        }
    }

    /** The epoch's first loss that is infinite or NaN; reads all losses. */
    Optional<OfBatch> firstNonFinite() {
        read();
        return Optional.ofNullable(firstNonFinite);
    }

    /** The sum of the losses over the epoch's images so far; reads all losses. */
    double sum() {
        read();
        return sum;
    }

    /** The number of images processed in the epoch so far; reads all losses. */
    int images() {
        read();
        return images;
    }

    /** The mean loss over the images of some batches. */
    static double mean(List<OfBatch> batches) {
        return batches.stream().mapToDouble(loss -> loss.value() * loss.images).sum()
                / batches.stream().mapToInt(OfBatch::images).sum();
    }

    /** Continues from a given sum and number of images; 0 and 0 for a new epoch. */
    void restart(double lossSum, int lossImages) {
        read();
        sum = lossSum;
        images = lossImages;
    }

    @Override
    public void close() {
        unread.forEach(loss -> loss.onDevice.close());
        unread.clear();
        foundInf.close();
    }
}
