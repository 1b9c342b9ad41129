package thaw.finetune.demo;

import static thaw.engine.Ops.crossEntropy;
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
import thaw.finetune.BatchResult;
import thaw.finetune.DivergenceException;
import thaw.finetune.EpochResult;
import thaw.finetune.ModelFile;
import thaw.finetune.TrainingListener;
import thaw.finetune.data.RawBatch;
import thaw.finetune.images.Transforms;
import thaw.finetune.pictures.PictureSet;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/**
 * Makes the network that the demo starts from: ResNet-20 for pictures of 32 × 32 pixels, trained from scratch on
 * {@link PictureSet#pretraining()} by SGD with Nesterov momentum and one cycle of the learning rate. The same settings give the
 * same bytes, whatever the number of threads; but another kind of processor, or version of the kernels, adds floats up in another
 * order, and so comes to other weights.
 *
 * @param pictures    of each class in an epoch, none of which comes again
 * @param epochs      how many
 * @param batch       pictures a step
 * @param rate        the highest learning rate
 * @param weightDecay the L2 penalty on all parameters
 * @param validation  other pictures of each class to judge the network by in the end; after each epoch by a quarter of them
 * @param seed        of the initial weights and of all pictures
 */
public record Pretraining(int pictures, int epochs, int batch, double rate, double weightDecay, int validation, long seed) {

    /** Where the metadata has the share, 0 to 1, that the network got right in the end. */
    public static final String ACCURACY = "pretraining.accuracy";
    static final String PICTURES = "pretraining.pictures_per_class_and_epoch";
    static final String EPOCHS = "pretraining.epochs";
    static final String SEED = "pretraining.seed";

    private static final String ARCHITECTURE = "resnet20";
    private static final int SIZE = 32;
    private static final int CHANNELS = 3;

    public Pretraining {
        if (pictures < 1 || epochs < 1 || batch < 1 || validation < 1) {
            throw new IllegalArgumentException("pretraining: expected at least 1 picture a class, 1 epoch, batches of 1 and 1"
                    + " picture a class to validate on, got " + pictures + ", " + epochs + ", " + batch + " and " + validation);
        }
    }

    /** How the network was made that Thaw comes with. */
    public static Pretraining shipped() {
        return new Pretraining(250, 20, 32, 0.05, 5e-4, 100, 1);
    }

    /** How pictures are prepared. Half of them are drawn mirrored, so they are not mirrored again. */
    static Transforms transforms() {
        return Transforms.of(SIZE).resize(SIZE).flip(false).normalize(List.of(0.45f, 0.45f, 0.45f), List.of(0.25f, 0.25f, 0.25f));
    }

    /**
     * Trains. The result's accuracy, on pictures that were not trained on, stands in its metadata.
     *
     * @param threads  to draw pictures with
     * @param listener hears of batches and epochs
     * @throws DivergenceException if the loss becomes infinite or not a number
     */
    public ModelFile run(Device device, int threads, TrainingListener listener) {
        PictureSet set = PictureSet.pretraining();
        ResNet net = ResNet.of(Architecture.byName(ARCHITECTURE), device, set.classes().size(), seed);
        int steps = Math.max(1, set.classes().size() * pictures / batch);
        try (SGD sgd = new SGD(group("all", net).lr(rate).momentum(0.9).weightDecay(weightDecay).nesterov(true));
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
                listener.onEpoch(new EpochResult(epoch, epochs, loss, score.loss, score.accuracy,
                        (System.nanoTime() - start) / 1e9, rates));
            }
        }
        net.zeroGrad();
        Score score = validate(net, ~seed, validation, threads);
        return describe(ModelFile.of(net, set.classes(), transforms()), score.accuracy);
    }

    private static double step(ResNet net, RawBatch batch, SGD sgd, Scheduler scheduler) {
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

    private static Tensor images(ResNet net, RawBatch batch) {
        return net.device().tensor(Shape.of(batch.size(), CHANNELS, batch.side(), batch.side()), batch.images());
    }

    private ModelFile describe(ModelFile model, double accuracy) {
        Map<String, String> network = new LinkedHashMap<>(model.network());
        network.put(PICTURES, String.valueOf(pictures));
        network.put(EPOCHS, String.valueOf(epochs));
        network.put(SEED, String.valueOf(seed));
        network.put(ACCURACY, String.valueOf(accuracy));
        return new ModelFile(network, model.classes(), model.transforms(), model.weights());
    }

    private record Score(double loss, double accuracy) {
    }

    /**
     * The share of freshly drawn pictures of the pretraining classes that a network classifies right.
     *
     * @param seed     of the pictures
     * @param perClass pictures of each class
     * @param threads  to draw with
     */
    public static double accuracy(ResNet net, long seed, int perClass, int threads) {
        return validate(net, seed, perClass, threads).accuracy;
    }

    /** Each batch has one picture of each class. */
    private static Score validate(ResNet net, long seed, int perClass, int threads) {
        net.eval();
        PictureSet set = PictureSet.pretraining();
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
