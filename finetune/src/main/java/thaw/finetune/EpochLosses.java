package thaw.finetune;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

/**
 * The losses of an epoch's batches, which stay on the device until somebody asks for one: where reading waits for all that the
 * device still has to do, a loop that reads at every step would keep it waiting in turn. Then they are read together, and at
 * the latest {@value #READ_TOGETHER} at a time.
 *
 * <p>So that a loss that isn't finite may be found late, {@link #foundInf} is where the optimizer looks: on the device, before
 * each step. Of the steps since the first such loss none is taken.
 */
final class EpochLosses implements AutoCloseable {

    private static final int READ_TOGETHER = 32;

    private final Device device;
    private final Tensor foundInf;
    private final Deque<OfBatch> unread = new ArrayDeque<>();
    private double sum;
    private int images;
    private OfBatch firstNonFinite;

    EpochLosses(Device device) {
        this.device = device;
        this.foundInf = device.zeros(Shape.SCALAR).unscoped();
    }

    /** The loss of one batch. */
    final class OfBatch {
        private final int batch;
        private final int images;
        private final List<Double> rates;
        private Tensor onDevice;
        private double value = Double.NaN;

        private OfBatch(Tensor onDevice, int batch, int images, List<Double> rates) {
            this.onDevice = onDevice;
            this.batch = batch;
            this.images = images;
            this.rates = rates;
        }

        /** Its number in the epoch, from 1. */
        int batch() {
            return batch;
        }

        int images() {
            return images;
        }

        /** The learning rates of its step. */
        List<Double> rates() {
            return rates;
        }

        /** The mean over its images; waits for the device the first time. */
        double value() {
            if (onDevice != null) {
                read();
            }
            return value;
        }
    }

    /**
     * Notes the loss of the next batch, and whether it is finite.
     *
     * @param mean over the batch's images; belongs to this from now on
     */
    OfBatch add(Tensor mean, int batch, int batchImages, List<Double> rates) {
        // 0·(loss − 0) is 0 where the loss is finite, and otherwise NaN, which it stays.
        device.backend().lerp(foundInf.array(), mean.array(), 0);
        OfBatch added = new OfBatch(mean, batch, batchImages, rates);
        unread.add(added);
        return added;
    }

    /** 0 as long as all losses are finite, NaN from the first one on that isn't. */
    Tensor foundInf() {
        return foundInf;
    }

    /** Whether it is time to read: at once where that takes no waiting. */
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

    /** The epoch's first loss that is infinite or not a number; reads them all. */
    Optional<OfBatch> firstNonFinite() {
        read();
        return Optional.ofNullable(firstNonFinite);
    }

    /** Over the epoch's images; reads all losses. */
    double sum() {
        read();
        return sum;
    }

    /** Of the epoch that are done. */
    int images() {
        read();
        return images;
    }

    /** Goes on from so many images; 0 for the next epoch. */
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
