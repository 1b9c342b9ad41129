package thaw.finetune.evaluate;

import java.util.ArrayList;
import java.util.List;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Predictions;
import thaw.resnet.Network;

/**
 * Test-time augmentation: combines predictions for several augmented views of each image and for the plain image, like
 * fastai's {@code tta}. Views are augmented as in training, without mixing.
 *
 * @param views the number of views per image; fastai's default is 4
 * @param beta  the weight of the plain image: the result is {@code (1 - beta) · mean of the views + beta · plain};
 *     fastai's default is 0.25
 * @param max   whether the result is, per class, the maximum over all views and the plain image instead; single-label
 *     probabilities then do not sum to 1
 */
public record TestTimeAugmentation(int views, double beta, boolean max) {
    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public TestTimeAugmentation {
        if (views < 1) {
            throw new IllegalArgumentException("views: expected at least 1, got " + views);
        }
        if (!(beta >= 0 && beta <= 1)) {
            throw new IllegalArgumentException("beta: expected a share from 0 to 1, got " + beta);
        }
    }

    /** fastai's defaults. */
    public static TestTimeAugmentation fastai() {
        return new TestTimeAugmentation(4, 0.25, false);
    }

    /**
     * Predicts the validation images, or all images if the folder has no validation images.
     *
     * @throws IllegalArgumentException if the network's number of classes is not the data's
     */
    public Predictions predict(Network net, ImageFolder data) {
        BatchLoader loader = data.evaluationLoader();
        return predict(net, loader, Evaluation.of(net, loader, Objective.standard(loader.labels()), images -> {}).predictions());
    }

    /**
     * Predicts all images of a loader, in order, with existing predictions for the plain images.
     *
     * @param plain predictions for the plain images, from the same loader
     */
    public Predictions predict(Network net, BatchLoader loader, Predictions plain) {
        Objective objective = Objective.standard(loader.labels());
        List<Predictions> augmented = new ArrayList<>();
        for (int view = 0; view < views; view++) {
            augmented.add(PredictionPass.over(loader.augmentedEpoch(view), loader, net, objective, images -> {}).predictions());
        }
        List<double[]> combined = new ArrayList<>();
        for (int i = 0; i < plain.size(); i++) {
            double[] row = new double[plain.classes()];
            for (int c = 0; c < row.length; c++) {
                row[c] = combine(plain.probability(i, c), augmented, i, c);
            }
            combined.add(row);
        }
        return new Predictions(plain.labels(), plain.samples(), combined);
    }

    private double combine(double plain, List<Predictions> augmented, int image, int label) {
        if (max) {
            return augmented.stream().mapToDouble(view -> view.probability(image, label)).reduce(plain, Math::max);
        }
        double sum = 0;
        for (Predictions view : augmented) {
            sum += view.probability(image, label);
        }
        return (1 - beta) * sum / views + beta * plain;
    }
}
