package thaw.finetune.demo;

import static thaw.engine.functional.Functional.crossEntropy;
import static thaw.engine.optim.ParamGroup.group;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.SGD;
import thaw.engine.optim.Scheduler;
import thaw.finetune.data.RawBatch;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.synthetic.SyntheticImages;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.TrainingListener;
import thaw.kernels.Shape;
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
    private static final int CHANNELS = 3;

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
        int steps = Math.max(1, set.classes().size() * imagesPerClass / batch);
        try (SGD sgd = new SGD(group("all", net).lr(rate).momentum(0.9).weightDecay(weightDecay).set(SGD.NESTEROV, true));
                DrawnBatches batches = new DrawnBatches(set, transforms(), batch, seed, threads)) {
            Scheduler scheduler = new Scheduler(sgd, OneCycle.of(steps * epochs));
            for (int epoch = 1; epoch <= epochs; epoch++) {
                long start = System.nanoTime();
                net.train();
                double loss = 0;
                List<Double> rates = List.of();
                for (int i = 1; i <= steps; i++) {
                    rates = List.of(sgd.groups().get(0).lr());
                    double one = step(net, batches.next(), sgd, scheduler);
                    loss += one / steps;
                    listener.onBatch(new BatchResult(epoch, epochs, i, steps, rates, () -> one));
                }
                Score score = validate(net, ~seed, Math.max(1, validation / 4), threads);
                listener.onEpoch(new EpochResult("all", epoch, epochs, loss, score.loss, score.accuracy, Map.of(),
                        rates, (System.nanoTime() - start) / 1e9, List.of()));
            }
        }
        net.zeroGrad();
        Score score = validate(net, ~seed, validation, threads);
        return describe(ModelFile.of(net, set.classes(), transforms()), score.accuracy);
    }

    private static double step(Network net, RawBatch batch, SGD sgd, Scheduler scheduler) {
        try (Scope scope = net.device().scope()) {
            Tensor loss = crossEntropy(net.call(images(net, batch)), net.device().labels(batch.labels()));
            double value = loss.item();
            if (!Double.isFinite(value)) {
                throw new DivergenceException("the loss is " + value + " at step " + scheduler.stepCount()
                        + "; pretrain with a lower rate");
            }
            sgd.zeroGrad();
            loss.backward();
            sgd.step();
            scheduler.step();
            return value;
        }
    }

    private static Tensor images(Network net, RawBatch batch) {
        return net.device().tensor(Shape.of(batch.size(), CHANNELS, batch.side(), batch.side()), batch.images());
    }

    private ModelFile describe(ModelFile model, double accuracy) {
        Map<String, String> network = new LinkedHashMap<>(model.network());
        network.put(IMAGES, String.valueOf(imagesPerClass));
        network.put(EPOCHS, String.valueOf(epochs));
        network.put(SEED, String.valueOf(seed));
        network.put(ACCURACY, String.valueOf(accuracy));
        return new ModelFile(network, model.classes(), model.transforms(), model.weights());
    }

    private record Score(double loss, double accuracy) {
    }

    /**
     * A network's accuracy, 0 to 1, on newly drawn images of the pretraining classes.
     *
     * @param seed     of the images
     * @param perClass number of images per class
     * @param threads  number of threads that draw images
     */
    public static double accuracy(Network net, long seed, int perClass, int threads) {
        return validate(net, seed, perClass, threads).accuracy;
    }

    /** Validates in batches of one image per class. */
    private static Score validate(Network net, long seed, int perClass, int threads) {
        net.eval();
        SyntheticImages set = SyntheticImages.pretraining();
        int classes = set.classes().size();
        int correct = 0;
        double loss = 0;
        try (DrawnBatches batches = new DrawnBatches(set, transforms(), classes, seed, threads);
                NoGrad off = net.device().noGrad()) {
            for (int i = 0; i < perClass; i++) {
                RawBatch batch = batches.next();
                try (Scope scope = net.device().scope()) {
                    Tensor scores = net.call(images(net, batch));
                    loss += crossEntropy(scores, net.device().labels(batch.labels())).item() / perClass;
                    correct += correct(scores.argmax().toFloats(), batch.labels());
                }
            }
        }
        return new Score(loss, (double) correct / (perClass * classes));
    }

    private static int correct(float[] predicted, int[] labels) {
        int correct = 0;
        for (int i = 0; i < labels.length; i++) {
            correct += (int) predicted[i] == labels[i] ? 1 : 0;
        }
        return correct;
    }
}
