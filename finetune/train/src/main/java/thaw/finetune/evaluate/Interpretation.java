package thaw.finetune.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Predictions;
import thaw.kernels.Shape;
import thaw.resnet.Network;
import thaw.resnet.visualize.GradCam;
import thaw.resnet.visualize.Heatmap;

/**
 * An evaluation with the regions on which its worst predictions rest. Images are numbered as in the
 * {@linkplain Evaluation#predictions() predictions}.
 *
 * @param evaluation   of the network on the images
 * @param explanations of the images with the highest losses, by image, the highest first; without images that can no longer be read
 */
public record Interpretation(Evaluation evaluation, Map<Integer, Explanation> explanations) {

    private static final int EXPLAINED = 12;
    /** Images in the scatter plot: the time of its decomposition grows with the cube of their number. */
    private static final int MAPPED = 200;

    /** Copies the map, in its order. */
    public Interpretation {
        explanations = Collections.unmodifiableMap(new LinkedHashMap<>(explanations));
    }

    /**
     * The regions of an image that raise a class's score.
     *
     * @param label  the class: {@link #explainedClass}
     * @param square the image as the network takes it
     * @param heat   Grad-CAM of the network's last stage
     */
    public record Explanation(int label, RgbImage square, Heatmap heat) {
    }

    /**
     * Images as points of a scatter plot.
     *
     * @param points    at most 200 images, spread evenly
     * @param explained the share of the features' variance along each of the two axes
     */
    public record Scatter(List<Point> points, List<Double> explained) {
    }

    /** An image's coordinates along the first two principal components of the features. */
    public record Point(int image, double x, double y) {
    }

    /**
     * Interprets a network on the validation images, or on all images if the folder has no validation images.
     *
     * @throws IllegalArgumentException if the network's number of classes is not the data's
     */
    public static Interpretation of(Network net, ImageFolder data) {
        return of(net, data.evaluationLoader(), Objective.standard(data.labels()), images -> {});
    }

    /**
     * Interprets a network on one epoch of a loader, as {@link Evaluation#of(Network, BatchLoader, Objective, IntConsumer)} evaluates it.
     *
     * @param progress called after each batch with the number of images done
     * @throws IllegalArgumentException under the conditions of {@link #of(Network, BatchLoader, Evaluation)}
     */
    public static Interpretation of(Network net, BatchLoader loader, Objective objective, IntConsumer progress) {
        return of(net, loader, Evaluation.of(net, loader, objective, progress));
    }

    /**
     * Explains an evaluation of a network on a loader's images. Afterwards the network's modes are as before, and its parameters require
     * gradients as before.
     *
     * @throws IllegalArgumentException if the network's number of classes is not the loader's, or its last stage has no feature maps
     *                                  {@code [N, C, H, W]}
     */
    public static Interpretation of(Network net, BatchLoader loader, Evaluation evaluation) {
        return new Interpretation(evaluation, explain(net, loader, evaluation.predictions()));
    }

    private static Map<Integer, Explanation> explain(Network net, BatchLoader loader, Predictions predictions) {
        Map<Path, Integer> places = new HashMap<>();
        for (int i = 0; i < loader.data().length(); i++) {
            places.put(loader.data().sample(i).file(), i);
        }
        Map<Integer, Explanation> found = new LinkedHashMap<>();
        List<Tensor> trained = net.parameters().stream().filter(Tensor::requiresGrad).toList();
        try (TrainingModes modes = new TrainingModes(net); Scope scope = net.device().scope()) {
            GradCam gradCam = GradCam.of(net);
            int side = loader.transforms().size();
            for (int image : highest(predictions, EXPLAINED)) {
                if (!predictions.isDefined(image)) {
                    continue;
                }
                try {
                    RgbImage square = loader.data().image(places.get(predictions.samples().get(image).file()), loader.transforms()::square);
                    int label = explainedClass(predictions, image);
                    Tensor pixels = net.device().tensor(Shape.of(1, 3, side, side), loader.transforms().apply(square));
                    found.put(image, new Explanation(label, square, gradCam.heatmap(pixels, label)));
                } catch (ImageReadException gone) {
                    // The page shows its prediction alone.
                    continue;
                }
            }
        } finally {
            trained.forEach(parameter -> parameter.requiresGrad(true));
        }
        return found;
    }

    private static int explainedClass(Predictions predictions, int image) {
        return !predictions.labels().multiLabel() || !predictions.isDefined(image) ? predictions.predicted(image)
                : IntStream.range(0, predictions.classes()).boxed()
                        .max(Comparator.comparingDouble(label -> predictions.loss(image, label))).orElseThrow();
    }

    private static List<Integer> highest(Predictions predictions, int count) {
        // Double.compare puts NaN above all numbers: an image without a prediction comes first.
        return IntStream.range(0, predictions.size()).boxed()
                .sorted(Comparator.comparingDouble((Integer image) -> predictions.loss(image)).reversed()).limit(count).toList();
    }

    /** The images with the highest {@linkplain Predictions#loss losses}, the highest first, at most 12; undefined ones come before all. */
    public List<Integer> highestLosses() {
        return highest(evaluation.predictions(), EXPLAINED);
    }

    /**
     * The class by which an image is explained: the predicted one or, if images may show several, the one whose probability is most wrong;
     * -1 if its scores are not finite.
     */
    public int explainedClass(int image) {
        return explainedClass(evaluation.predictions(), image);
    }

    /** The features along their first two principal components; empty if there are fewer than three images with features. */
    public Scatter scatter() {
        Map<Integer, float[]> features = evaluation.features();
        List<Integer> all = List.copyOf(features.keySet());
        int count = Math.min(MAPPED, all.size());
        if (count < 3) {
            return new Scatter(List.of(), List.of());
        }
        List<Integer> some = IntStream.range(0, count).mapToObj(i -> all.get((int) ((long) i * all.size() / count))).toList();
        PrincipalComponents plane = PrincipalComponents.of(some.stream().map(features::get).toList(), 2);
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            points.add(new Point(some.get(i), plane.coordinates()[i][0], plane.coordinates()[i][1]));
        }
        return new Scatter(points, List.of(plane.explained()[0], plane.explained()[1]));
    }
}
