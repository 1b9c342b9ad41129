package thaw.finetune.evaluate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.Batch;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.Sample;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.finetune.predict.Probabilities;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.resnet.Network;

/**
 * A network's predictions for the images of an epoch, and their features, the input of its last layer. The network runs in evaluation
 * mode; afterwards each module is back in its previous mode. On an asynchronous device, both are read at the end, or earlier if they
 * would take too much of its memory.
 */
final class PredictionPass {

    /** The largest number of scores and features kept on the device: 16 MiB. */
    private static final int UNREAD_VALUES = 1 << 22;
    private static final long FEATURE_BYTES = 64L << 20;

    private final Network net;
    private final LabelSet labels;
    private final Objective objective;
    /** The images of the epoch, of which features are kept. */
    private final int images;
    private final List<Sample> samples = new ArrayList<>();
    private final List<double[]> probabilities = new ArrayList<>();
    private final Map<Integer, float[]> features = new LinkedHashMap<>();
    private final Deque<OfBatch> unread = new ArrayDeque<>();
    private int unreadValues;
    private double lossSum;

    /** The features, the scores and the loss of a batch, on the device. */
    private record OfBatch(Tensor features, Tensor scores, Tensor loss) implements AutoCloseable {
        @Override
        public void close() {
            features.close();
            scores.close();
            loss.close();
        }
    }

    private PredictionPass(Network net, LabelSet labels, Objective objective, int images) {
        this.net = net;
        this.labels = labels;
        this.objective = objective;
        this.images = images;
    }

    /**
     * Predicts the images of a loader's epoch and closes it.
     *
     * @param progress called after each batch with the number of images done
     * @throws NotEnoughMemoryException if a batch is too large
     */
    static PredictionPass over(Batches epoch, BatchLoader loader, Network net, Objective objective, IntConsumer progress) {
        LabelSet labels = new LabelSet(loader.labels().classes(), objective.multiLabel());
        PredictionPass pass = new PredictionPass(net, labels, objective, loader.images());
        Batch batch = null;
        try (Batches batches = epoch; TrainingModes kept = new TrainingModes(net); NoGrad off = net.device().noGrad()) {
            net.eval();
            while (batches.hasNext()) {
                batch = batches.next();
                pass.add(batch);
                progress.accept(pass.samples.size());
            }
            pass.read();
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException("evaluating " + Batch.describe(batch),
                    "use a smaller batch or smaller images", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException("evaluating " + Batch.describe(batch), "", full,
                    batch.size(), net.device().backend().memory().inUse());
        } finally {
            pass.unread.forEach(OfBatch::close);
        }
        return pass;
    }

    private void add(Batch batch) {
        try (Scope scope = net.device().scope()) {
            Tensor pooled = batch.pooled(net);
            Tensor scores = net.classify(pooled);
            unread.add(new OfBatch(scope.keep(pooled), scope.keep(scores), scope.keep(objective.of(scores, batch))));
            unreadValues += pooled.shape().size() + scores.shape().size();
        }
        samples.addAll(batch.samples());
        if (!net.device().backend().isAsynchronous() || unreadValues >= UNREAD_VALUES) {
            read();
        }
    }

    private void read() {
        while (!unread.isEmpty()) {
            try (OfBatch batch = unread.remove()) {
                addFeatures(batch.features);
                batch.scores.toRows().forEach(row -> probabilities.add(Probabilities.of(row, objective.multiLabel())));
                lossSum += batch.loss.item() * (double) batch.scores.shape().dim(0);
            }
        }
        unreadValues = 0;
    }

    private void addFeatures(Tensor rows) {
        int step = (int) (1 + ((long) images * rows.shape().dim(1) * Float.BYTES - 1) / FEATURE_BYTES);
        int image = probabilities.size();
        for (float[] row : rows.toRows()) {
            if (image % step == 0 && IntStream.range(0, row.length).allMatch(k -> Float.isFinite(row[k]))) {
                features.put(image, row);
            }
            image++;
        }
    }

    /** The {@link Evaluation#features}. */
    Map<Integer, float[]> features() {
        return features;
    }

    Predictions predictions() {
        return new Predictions(labels, samples, probabilities);
    }

    /** The mean loss over the images. */
    double loss() {
        return lossSum / samples.size();
    }
}
