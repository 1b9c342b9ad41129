package thaw.finetune;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.IntFunction;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.Constant;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.engine.optim.Schedule;
import thaw.engine.optim.Scheduler;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.RawBatch;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/**
 * Trains a network on images, with a learning rate for each of its layer groups:
 *
 * <pre>{@code
 * Learner learn = new Learner(net, data);
 * learn.freeze();
 * learn.fitOneCycle(1, 1e-2);
 * learn.unfreeze();
 * learn.fitOneCycle(3, rates(1e-5, 1e-4, 1e-2));      // early, middle, head
 * learn.save(Path.of("dogscats.safetensors"));
 * }</pre>
 *
 * The optimizer is SGD. Each fit makes a new one, whose momentum starts at zero, of the groups that are trainable then. What is
 * random comes from the data's seed, and for dropout from the device's generator; the same seeds give the same bits.
 *
 * <p>For one thread at a time.
 */
public final class Learner {
    private final ResNet net;
    private final ImageFolder data;
    private final BatchLoader trainLoader;
    private final BatchLoader validLoader;
    private double momentum = 0.9;
    private double weightDecay = 1e-4;
    private FrozenBatchNorm frozenBatchNorm = FrozenBatchNorm.TRAIN;
    private TrainingListener listener = new TrainingListener() { };
    private int firstTrainable;
    private int epochsSeen;

    /**
     * All groups are trainable at first.
     *
     * @throws IllegalArgumentException if the network has another number of classes than the data, or there are fewer than two
     *                                  classes, or no image to validate on
     */
    public Learner(ResNet net, ImageFolder data) {
        InputCheck.require(net, data.classes());
        if (data.classes().size() < 2) {
            throw new IllegalArgumentException(data.root() + ": training needs at least two classes to tell apart;"
                    + " add a folder of"
                    + " images of something else");
        }
        if (data.valid().isEmpty()) {
            throw new IllegalArgumentException(data.root() + ": no image is left to validate on;"
                    + " add images, at least two of a class, or"
                    + " a folder valid/ beside train/");
        }
        this.net = net;
        this.data = data;
        this.trainLoader = data.trainLoader();
        this.validLoader = data.validLoader();
        unfreeze();
    }

    // ---- settings ----------------------------------------------------------------------------------------------

    /** Momentum of {@link #fit(int, double...)}, 0.9 unless set; schedules may vary it. */
    public Learner momentum(double momentum) {
        this.momentum = momentum;
        return this;
    }

    /** The L2 penalty on all trainable parameters, 1e-4 unless set. */
    public Learner weightDecay(double weightDecay) {
        this.weightDecay = weightDecay;
        return this;
    }

    /** What batch norm does in frozen groups, {@link FrozenBatchNorm#TRAIN} unless set. */
    public Learner frozenBatchNorm(FrozenBatchNorm mode) {
        this.frozenBatchNorm = Objects.requireNonNull(mode, "mode");
        return this;
    }

    /** Who hears of batches and epochs; one, in the place of any before. */
    public Learner listener(TrainingListener listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    // ---- freezing ----------------------------------------------------------------------------------------------

    /** Freezes all groups but the last, the head. */
    public Learner freeze() {
        return freezeTo(-1);
    }

    /** Makes all groups trainable. */
    public Learner unfreeze() {
        return freezeTo(0);
    }

    /**
     * Makes the groups trainable that Python's slice {@code groups[n:]} has, and freezes those before them: {@code freezeTo(1)}
     * freezes the first, {@code freezeTo(-2)} all but the last two. Frozen layers cost neither time nor memory in backward.
     */
    public Learner freezeTo(int n) {
        List<LayerGroup> groups = net.groups();
        firstTrainable = n < 0 ? Math.max(0, groups.size() + n) : Math.min(n, groups.size());
        for (int i = 0; i < groups.size(); i++) {
            groups.get(i).requiresGrad(isTrainable(i));
        }
        return this;
    }

    /** Whether layer group {@code group}, from 0, is trained. */
    public boolean isTrainable(int group) {
        return group >= firstTrainable;
    }

    // ---- training ----------------------------------------------------------------------------------------------

    /** The learning rates of the layer groups, in their order. */
    public static double[] rates(double... perGroup) {
        return perGroup;
    }

    /** Trains at constant rates, and with constant momentum; otherwise as {@link #fit(int, IntFunction, double...)}. */
    public List<EpochResult> fit(int epochs, double... rates) {
        return fit(epochs, steps -> new Constant(), rates);
    }

    /**
     * Trains by fastai's one-cycle schedule, {@link OneCycle#fastai(int)}, whose peak is at the given rates; otherwise as {@link
     * #fit(int, IntFunction, double...)}.
     */
    public List<EpochResult> fitOneCycle(int epochs, double... rates) {
        return fit(epochs, OneCycle::fastai, rates);
    }

    /**
     * Trains the groups that are not frozen, and validates after each epoch. The network is in evaluation mode afterwards.
     *
     * @param schedule of so many steps: what to do with rates and momentum at each of them, as in {@code OneCycle::of}
     * @param rates    one for all groups, or one for each of them in order, where those of frozen groups don't count
     * @return what came of each epoch
     * @throws IllegalArgumentException if there are no epochs, another number of rates, one below 0, or nothing to train
     * @throws DivergenceException      if the loss becomes infinite or not a number; the network is spoilt then
     * @throws NotEnoughMemoryException if a batch is too large
     * @throws thaw.finetune.images.ImageReadException if an image cannot be read
     */
    public List<EpochResult> fit(int epochs, IntFunction<? extends Schedule> schedule, double... rates) {
        if (epochs < 1) {
            throw new IllegalArgumentException("epochs: expected at least 1, got " + epochs);
        }
        List<EpochResult> history = new ArrayList<>();
        try (SGD sgd = new SGD(paramGroups(rates))) {
            Scheduler scheduler = new Scheduler(sgd, schedule.apply(epochs * trainLoader.batches()));
            Fit fit = new Fit(sgd, scheduler, epochs);
            for (int epoch = 1; epoch <= epochs; epoch++) {
                EpochResult result = fit.epoch(epoch);
                history.add(result);
                listener.onEpoch(result);
            }
        } finally {
            net.zeroGrad();
            net.eval();
        }
        return List.copyOf(history);
    }

    private ParamGroup[] paramGroups(double... rates) {
        List<LayerGroup> groups = net.groups();
        if (rates.length != 1 && rates.length != groups.size()) {
            throw new IllegalArgumentException("expected 1 learning rate for all layer groups, or " + groups.size()
                    + ", one for each of " + names(groups) + "; got " + rates.length + ": " + Arrays.toString(rates));
        }
        if (!isTrainable(groups.size() - 1)) {
            throw new IllegalArgumentException("all layer groups are frozen: " + names(groups)
                    + "; call unfreeze(), or freezeTo(-1) to train the head");
        }
        List<ParamGroup> trainable = new ArrayList<>();
        for (int i = firstTrainable; i < groups.size(); i++) {
            LayerGroup group = groups.get(i);
            trainable.add(ParamGroup.group(group.name(), group.parameters()).lr(rates[rates.length == 1 ? 0 : i])
                    .momentum(momentum).weightDecay(weightDecay));
        }
        return trainable.toArray(ParamGroup[]::new);
    }

    private static List<String> names(List<LayerGroup> groups) {
        return groups.stream().map(LayerGroup::name).toList();
    }

    /** One call of fit under way. */
    private final class Fit {
        private final SGD sgd;
        private final Scheduler scheduler;
        private final int epochs;

        Fit(SGD sgd, Scheduler scheduler, int epochs) {
            this.sgd = sgd;
            this.scheduler = scheduler;
            this.epochs = epochs;
        }

        EpochResult epoch(int epoch) {
            long start = System.nanoTime();
            setModes();
            double lossSum = 0;
            int images = 0;
            List<Double> rates = List.of();
            RawBatch batch = null;
            try (Batches batches = trainLoader.epoch(epochsSeen)) {
                for (int i = 1; batches.hasNext(); i++) {
                    batch = batches.next();
                    rates = learningRates();
                    double loss = step(batch, epoch, i);
                    lossSum += loss * batch.size();
                    images += batch.size();
                    listener.onBatch(new BatchResult(epoch, epochs, i, trainLoader.batches(), loss, rates));
                }
            } catch (OutOfMemoryError full) {
                throw new NotEnoughMemoryException("training on " + InputCheck.describe(batch),
                        "use a smaller batch (now " + data.batch() + ") or smaller images, freeze more layer groups", full);
            }
            epochsSeen++;
            Evaluation valid = Evaluation.of(net, validLoader, data.classes(),
                    done -> listener.onValidation(done, validLoader.images()));
            if (!Double.isFinite(valid.loss())) {
                throw diverged("the validation loss", valid.loss(), "after epoch " + epoch, rates);
            }
            return new EpochResult(epoch, epochs, lossSum / images, valid.loss(), valid.accuracy(),
                    (System.nanoTime() - start) / 1e9, rates);
        }

        private void setModes() {
            List<LayerGroup> groups = net.groups();
            net.train();
            for (int i = 0; i < firstTrainable; i++) {
                groups.get(i).train(frozenBatchNorm == FrozenBatchNorm.TRAIN);
            }
        }

        private double step(RawBatch raw, int epoch, int number) {
            Device device = net.device();
            Batch batch = Batch.of(device, raw);
            try (Scope scope = device.scope()) {
                Tensor loss = Objective.standard(data.labels()).of(net.call(batch.images()), batch);
                double value = loss.item();
                if (!Double.isFinite(value)) {
                    throw diverged("the loss", value, "in epoch " + epoch + ", batch " + number, learningRates());
                }
                sgd.zeroGrad();
                loss.backward();
                sgd.step();
                scheduler.step();
                return value;
            }
        }

        /** Of every layer group, 0 for the frozen ones. */
        private List<Double> learningRates() {
            List<Double> rates = new ArrayList<>();
            for (int i = 0; i < firstTrainable; i++) {
                rates.add(0.0);
            }
            sgd.groups().forEach(group -> rates.add(group.lr()));
            return rates;
        }

        private DivergenceException diverged(String what, double value, String when, List<Double> rates) {
            String shown = rates.stream().map(rate -> String.format(Locale.ROOT, "%.3g", rate)).collect(joining(", "));
            return new DivergenceException(what + " is " + value + " " + when + ", at learning rates " + shown
                    + "; the network's weights are spoilt: start again from the pretrained ones with lower rates, say a tenth");
        }
    }

    // ---- results -----------------------------------------------------------------------------------------------

    /** The network on the validation images. */
    public Evaluation validate() {
        return Evaluation.of(net, validLoader, data.classes());
    }

    /** The share of the validation images that is classified right, 0 to 1. */
    public double accuracy() {
        return validate().accuracy();
    }

    /**
     * Saves the network, its classes and the images' preparation: all that {@link Classifier} needs. The file is safetensors with
     * torchvision's names; see {@link ModelFile}. One that is there already is replaced when the new one is complete.
     *
     * @throws IOException if writing fails; what was there before is then still there
     */
    public void save(Path path) throws IOException {
        ModelFile.of(net, data.labels(), data.transforms()).write(path);
    }
}
