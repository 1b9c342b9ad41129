package thaw.finetune.evaluate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.Batch;
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
 * A network's predictions for the images of an epoch. The network runs in evaluation mode; afterwards each module is back
 * in its previous mode. On an asynchronous device, scores are read at the end, or earlier if they would take too much of
 * its memory.
 */
final class PredictionPass {

    /** The largest number of scores kept on the device: 16 MiB. */
    private static final int UNREAD_SCORES = 1 << 22;

    private final Network net;
    private final Function<Batch, Tensor> scores;
    private final LabelSet labels;
    private final Objective objective;
    private final List<Sample> samples = new ArrayList<>();
    private final List<double[]> probabilities = new ArrayList<>();
    private final Deque<OfBatch> unread = new ArrayDeque<>();
    private int unreadScores;
    private double lossSum;

    /** The scores and the loss of a batch, on the device. */
    private record OfBatch(Tensor scores, Tensor loss) implements AutoCloseable {
        @Override
        public void close() {
            scores.close();
            loss.close();
        }
    }

    private PredictionPass(Network net, Function<Batch, Tensor> scores, LabelSet labels, Objective objective) {
        this.net = net;
        this.scores = scores;
        this.labels = labels;
        this.objective = objective;
    }

    /**
     * Predicts the images of an epoch and closes it.
     *
     * @param scores   the network's scores of a batch, {@code [N, classes]}
     * @param progress called after each batch with the number of images done
     * @throws NotEnoughMemoryException if a batch is too large
     */
    static PredictionPass over(Batches epoch, Network net, Function<Batch, Tensor> scores, LabelSet labels, Objective objective,
            IntConsumer progress) {
        PredictionPass pass = new PredictionPass(net, scores, labels, objective);
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
            Tensor ofBatch = scores.apply(batch);
            unread.add(new OfBatch(scope.keep(ofBatch), scope.keep(objective.of(ofBatch, batch))));
            unreadScores += ofBatch.shape().size();
        }
        samples.addAll(batch.samples());
        if (!net.device().backend().isAsynchronous() || unreadScores >= UNREAD_SCORES) {
            read();
        }
    }

    private void read() {
        int classes = labels.classes().size();
        while (!unread.isEmpty()) {
            try (OfBatch batch = unread.remove()) {
                float[] rows = batch.scores.toFloats();
                for (int start = 0; start < rows.length; start += classes) {
                    probabilities.add(Probabilities.of(Arrays.copyOfRange(rows, start, start + classes), objective.multiLabel()));
                }
                lossSum += batch.loss.item() * (double) batch.scores.shape().dim(0);
            }
        }
        unreadScores = 0;
    }

    Predictions predictions() {
        return new Predictions(labels, samples, probabilities);
    }

    /** The mean loss over the images. */
    double loss() {
        return lossSum / samples.size();
    }
}
