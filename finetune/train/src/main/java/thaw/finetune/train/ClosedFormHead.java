package thaw.finetune.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.ejml.data.DMatrixRMaj;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.optim.Optimizer;
import thaw.finetune.data.Batch;
import thaw.finetune.data.Batches;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.LearningRates.Rule;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/**
 * The best linear head without a step of training: the present one or a {@link RidgeHead}, whichever has the lower cross-entropy on the
 * training images, each with its {@link TemperatureScaling}. The ridge head's is of images that it has not seen, the present one's
 * may not be. A head whose classes are still right stays, with scores that the new images do not make too sure; one with other
 * classes, or random weights, is replaced.
 */
final class ClosedFormHead {

    /** More images add little to a linear fit and cost memory: 16 bytes for each feature of an image. */
    static final int MOST_IMAGES = 5000;

    private ClosedFormHead() {
    }

    /**
     * Sets a head that is trained, by the features of an epoch's first {@value #MOST_IMAGES} images in the network's present modes;
     * batch norm's statistics stay. By the rule {@link Rule#RIDGE} that is all of its training. A network whose head is not one
     * linear layer, or images without one class each, are left as they are.
     *
     * @throws IllegalArgumentException if the rule is {@link Rule#RIDGE}, and network or images don't fit
     */
    static void set(Learner learn, LearningRates rates, Optimizer optimizer, Batches epoch) {
        List<LayerGroup> groups = learn.groups();
        List<Tensor> head = groups.get(groups.size() - 1).parameters();
        boolean linear = head.size() == 2 && head.get(0).shape().rank() == 2;
        if (!learn.freezing.isTrainable(groups.size() - 1)) {
            return;
        }
        Optional<String> done = linear ? set(learn.net(), head.get(0), head.get(1), epoch) : Optional.empty();
        done.ifPresent(what -> learn.tell(listener -> listener.onNote(rates + ": " + what)));
        if (rates.rule() == Rule.RIDGE) {
            if (done.isEmpty()) {
                throw new IllegalArgumentException("ridge: expected a head of one linear layer, and images of one class each that are"
                        + " not mixed; give a rate instead");
            }
            head.forEach(p -> optimizer.lrScale(p, 0));
        }
    }

    /** Sets the head, and says what was done; empty, with nothing changed, unless each image has one class. */
    private static Optional<String> set(Network net, Tensor weight, Tensor bias, Batches epoch) {
        List<float[]> features = new ArrayList<>();
        List<float[]> scores = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        Map<String, StoredTensor> before = net.stateDict();
        try (NoGrad off = net.device().noGrad()) {
            while (epoch.hasNext() && labels.size() < MOST_IMAGES) {
                Batch batch = epoch.next();
                if (!(batch.targets() instanceof Batch.ClassNumbers)) {
                    return Optional.empty();
                }
                try (Scope scope = net.device().scope()) {
                    Tensor pooled = batch.pooled(net);
                    features.addAll(pooled.toRows());
                    scores.addAll(net.classify(pooled).toRows());
                }
                Arrays.stream(batch.labels()).forEach(labels::add);
            }
        }
        net.restore(before);
        int[] classes = labels.stream().mapToInt(Integer::intValue).toArray();
        RidgeHead ridge = RidgeHead.fit(new DMatrixRMaj(doubles(features)), classes, net.classes());
        TemperatureScaling present = TemperatureScaling.of(doubles(scores), classes);
        boolean replaced = ridge.loss() < present.loss();
        if (replaced) {
            weight.set(ridge.weight());
            bias.set(ridge.bias());
        } else {
            try (NoGrad off = net.device().noGrad(); Scope scope = net.device().scope()) {
                weight.copyFrom(weight.mul(present.factor()));
                bias.copyFrom(bias.mul(present.factor()));
            }
        }
        String head = replaced ? "head fitted by ridge regression"
                : String.format(Locale.ROOT, "head kept, its scores times %.2g", present.factor());
        return Optional.of(String.format(Locale.ROOT, "%s; cross-entropy of the old head %.3f, of ridge regression %.3f (leave-one-out)",
                head, present.loss(), ridge.loss()));
    }

    static double[][] doubles(List<float[]> rows) {
        double[][] all = new double[rows.size()][];
        for (int i = 0; i < all.length; i++) {
            float[] row = rows.get(i);
            all[i] = new double[row.length];
            Arrays.setAll(all[i], j -> row[j]);
        }
        return all;
    }
}
