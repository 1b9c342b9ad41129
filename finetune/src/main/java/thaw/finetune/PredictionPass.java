package thaw.finetune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.Batches;
import thaw.finetune.data.LabelSet;
import thaw.finetune.data.RawBatch;
import thaw.finetune.data.Sample;
import thaw.finetune.metrics.Predictions;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.resnet.ResNet;

/** A network, in evaluation mode, over the images of an epoch; afterwards each module is in the mode that it was in. */
final class PredictionPass {
    private final ResNet net;
    private final LabelSet labels;
    private final Objective objective;
    private final List<Sample> samples = new ArrayList<>();
    private final List<double[]> probabilities = new ArrayList<>();
    private double lossSum;

    private PredictionPass(ResNet net, LabelSet labels, Objective objective) {
        this.net = net;
        this.labels = labels;
        this.objective = objective;
    }

    /**
     * Goes through an epoch and closes it.
     *
     * @param progress is told after each batch how many images are done
     * @throws NotEnoughMemoryException if a batch is too large
     */
    static PredictionPass over(Batches epoch, ResNet net, LabelSet labels, Objective objective, IntConsumer progress) {
        PredictionPass pass = new PredictionPass(net, labels, objective);
        RawBatch batch = null;
        try (Batches batches = epoch; TrainingModes kept = new TrainingModes(net); NoGrad off = net.device().noGrad()) {
            net.eval();
            while (batches.hasNext()) {
                batch = batches.next();
                pass.add(batch);
                progress.accept(pass.samples.size());
            }
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException("evaluating " + InputCheck.describe(batch), "use a smaller batch or images", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException("evaluating " + InputCheck.describe(batch), "", full,
                    batch.size(), net.device().backend().memory().inUse());
        }
        return pass;
    }

    private void add(RawBatch raw) {
        Batch batch = Batch.of(net.device(), raw);
        try (Scope scope = net.device().scope()) {
            Tensor scores = batch.scores(net);
            float[] rows = scores.toFloats();
            int classes = labels.classes().size();
            for (int i = 0; i < raw.size(); i++) {
                probabilities.add(Probabilities.of(Arrays.copyOfRange(rows, i * classes, (i + 1) * classes),
                        objective.multiLabel()));
            }
            samples.addAll(raw.samples());
            lossSum += objective.of(scores, batch).item() * (double) raw.size();
        }
    }

    Predictions predictions() {
        return new Predictions(labels, samples, probabilities);
    }

    /** The mean over images. */
    double loss() {
        return lossSum / samples.size();
    }
}
