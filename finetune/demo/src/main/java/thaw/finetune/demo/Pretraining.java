package thaw.finetune.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import thaw.engine.Device;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.data.Sample;
import thaw.finetune.data.Sampler;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.synthetic.SyntheticImages;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.FitSettings;
import thaw.finetune.train.Learner;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.Architecture;
import thaw.resnet.Network;
import thaw.resnet.ResNet;

/**
 * Trains the network that the demo starts from: ResNet-20 for images of 32 × 32 pixels, trained from scratch on
 * {@link SyntheticImages#pretraining()} by SGD with Nesterov momentum and one cycle of the learning rate. The same settings give the
 * same bytes for any number of threads. Another kind of processor, or another version of the kernels, sums floats in another
 * order and gives other weights.
 *
 * @param imagesPerClass number of images per class and epoch; no image is used twice
 * @param epochs      number of epochs
 * @param batch       number of images per step
 * @param rate        highest learning rate
 * @param weightDecay L2 penalty on all parameters
 * @param validation  number of validation images per class at the end; after each epoch a quarter of it
 * @param seed        of the initial weights and of all images
 */
public record Pretraining(int imagesPerClass, int epochs, int batch, double rate, double weightDecay, int validation, long seed) {

    /** Metadata key of the final validation accuracy, 0 to 1. */
    public static final String ACCURACY = "pretraining.accuracy";
    static final String IMAGES = "pretraining.pictures_per_class_and_epoch";
    static final String EPOCHS = "pretraining.epochs";
    static final String SEED = "pretraining.seed";

    private static final String ARCHITECTURE = "resnet20";
    private static final int SIZE = 32;

    /**
     * @throws IllegalArgumentException if {@code imagesPerClass}, {@code epochs}, {@code batch} or {@code validation} is below
     *     1
     */
    public Pretraining {
        if (imagesPerClass < 1 || epochs < 1 || batch < 1 || validation < 1) {
            throw new IllegalArgumentException("pretraining: expected at least 1 image per class, 1 epoch, batches of 1 and 1"
                    + " image per class to validate on, got " + imagesPerClass + ", " + epochs + ", " + batch + " and "
                    + validation);
        }
    }

    /** The settings that the shipped network was trained with. */
    public static Pretraining shipped() {
        return new Pretraining(250, 20, 32, 0.05, 5e-4, 100, 1);
    }

    /** The preparation of images. It does not flip, because half of the synthetic images are drawn mirrored. */
    static Transforms transforms() {
        return Transforms.of(SIZE).resize(SIZE).flip(false).normalize(List.of(0.45f, 0.45f, 0.45f), List.of(0.25f, 0.25f, 0.25f));
    }

    /**
     * Trains a network and returns it, with its validation accuracy in the metadata.
     *
     * @param threads  number of threads that draw images
     * @param listener is notified of batches and epochs
     * @throws DivergenceException if the loss becomes infinite or NaN
     */
    public ModelFile run(Device device, int threads, TrainingListener listener) {
        SyntheticImages set = SyntheticImages.pretraining();
        Network net = ResNet.of(Architecture.byName(ARCHITECTURE), device, set.classes().size(), seed);
        int perEpoch = batch * Math.max(1, set.classes().size() * imagesPerClass / batch);
        BatchLoader train = loader(DrawnImages.of(set, seed, SIZE, perEpoch * epochs), batch, threads,
                new Consecutive(perEpoch));
        try (Learner learn = new Learner(net, new DataLoaders(train, validation(~seed, Math.max(1, validation / 4), threads)))) {
            learn.settings(FitSettings.of(OptimizerRecipe.of("sgd").with(ParamGroup.WEIGHT_DECAY, weightDecay)
                    .with(SGD.NESTEROV, 1))).addListener(listener);
            learn.run(List.of(new TrainingPhase("all", epochs, (all, steps) -> OneCycle.of(all * steps), LearningRates.of(rate))));
        }
        return describe(ModelFile.of(net, set.classes(), transforms()), accuracy(net, ~seed, validation, threads));
    }

    /** Each epoch continues where the one before ended, so that no image is used twice: new images replace augmentation. */
    private record Consecutive(int perEpoch) implements Sampler {
        @Override
        public Sampler.Order order(int epoch, List<Sample> samples, SplittableRandom random) {
            return Sampler.Order.of(IntStream.range(epoch * perEpoch, (epoch + 1) * perEpoch).toArray());
        }

        @Override
        public int length(int samples) {
            return perEpoch;
        }
    }

    private static BatchLoader loader(DrawnImages images, int batch, int threads, Sampler sampler) {
        return new BatchLoader(images, new LabelSet(images.set().classes(), false), transforms(),
                LoaderOptions.training(batch, 0).sampler(sampler).threads(threads).cacheBytes(0));
    }

    /** A loader of validation images in batches of one image per class. */
    private static BatchLoader validation(long seed, int perClass, int threads) {
        SyntheticImages set = SyntheticImages.pretraining();
        int classes = set.classes().size();
        return loader(DrawnImages.of(set, seed, SIZE, perClass * classes), classes, threads, Sampler.SHUFFLED).inOrder();
    }

    private ModelFile describe(ModelFile model, double accuracy) {
        Map<String, String> network = new LinkedHashMap<>(model.network());
        network.put(IMAGES, String.valueOf(imagesPerClass));
        network.put(EPOCHS, String.valueOf(epochs));
        network.put(SEED, String.valueOf(seed));
        network.put(ACCURACY, String.valueOf(accuracy));
        return new ModelFile(network, model.classes(), model.transforms(), model.weights());
    }

    /**
     * A network's accuracy, 0 to 1, on newly drawn images of the pretraining classes.
     *
     * @param seed     of the images
     * @param perClass number of images per class
     * @param threads  number of threads that draw images
     */
    public static double accuracy(Network net, long seed, int perClass, int threads) {
        BatchLoader images = validation(seed, perClass, threads);
        return Evaluation.of(net, images, Objective.standard(images.labels()), done -> {}).accuracy();
    }
}
