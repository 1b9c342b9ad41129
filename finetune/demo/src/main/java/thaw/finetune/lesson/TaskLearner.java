package thaw.finetune.lesson;

import java.util.List;
import java.util.function.DoubleSupplier;
import thaw.engine.Device;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.FitResult;
import thaw.finetune.train.Learner;
import thaw.resnet.Architecture;
import thaw.resnet.Granularity;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;
import thaw.resnet.ResNet;

/**
 * A learner of the lesson on a task, with a network on a device of its own, which has one thread. With the same task and seed, all
 * learners have the same new head, and the same images in the same order, flipped alike.
 */
final class TaskLearner implements AutoCloseable {

    static final int BATCH = 20;
    /** The epochs of a new head alone, before all other training. */
    static final int HEAD_EPOCHS = 3;
    private static final double HEAD_RATE = 0.05;
    private static final int TEST_BATCH = 100;
    /** An epoch ends with a validation, of which nothing is used here. */
    private static final int VALIDATED = 10;

    private final Shift.Task task;
    private final Device device;
    private final Network net;
    private final LabelSet labels;
    private final BatchLoader train;
    private final BatchLoader test;
    private final Learner learn;

    private interface Start {
        Network on(Device device);
    }

    private TaskLearner(Shift.Task task, ModelFile source, long seed, Start start) {
        this.task = task;
        device = Device.cpu(1);
        device.generator().seed(seed);
        net = start.on(device);
        labels = new LabelSet(task.classes(), false);
        train = loader(task.train(), source, LoaderOptions.training(BATCH, seed));
        test = loader(task.test(), source, LoaderOptions.evaluation(TEST_BATCH));
        BatchLoader valid = loader(task.test().first(VALIDATED), source, LoaderOptions.evaluation(VALIDATED));
        learn = new Learner(net, new DataLoaders(train, valid)).granularity(Granularity.STAGES);
    }

    private BatchLoader loader(LessonImages images, ModelFile source, LoaderOptions options) {
        return new BatchLoader(images, labels, source.transforms(), options.threads(1));
    }

    /** A learner of the pretrained network, whose head is new if the task has classes of its own. */
    static TaskLearner pretrained(ModelFile source, Shift.Task task, long seed) {
        return new TaskLearner(task, source, seed, device -> {
            Network net = source.toNet(device);
            return task.newHead() ? net.replaceHead(task.classes().size()) : net;
        });
    }

    /** A learner of the same architecture with random weights. */
    static TaskLearner scratch(ModelFile source, Shift.Task task, long seed) {
        return new TaskLearner(task, source, seed, device -> ResNet.of(Architecture.byName(source.network().get("architecture")), device,
                task.classes().size(), seed));
    }

    Network net() {
        return net;
    }

    /** The learner; its layer groups are stem, stages and head. */
    Learner learner() {
        return learn;
    }

    /** The names of the layer groups. */
    List<String> groups() {
        return learn.groups().stream().map(LayerGroup::name).toList();
    }

    /** The training images. */
    BatchLoader images() {
        return train;
    }

    /** Trains the head alone if it is new. */
    void trainHead() {
        if (task.newHead()) {
            learn.run(List.of(new TrainingPhase("head", HEAD_EPOCHS, ScheduleRecipe.oneCycle(), LearningRates.of(HEAD_RATE))
                    .freezeTo(-1)));
        }
    }

    FitResult run(TrainingPhase phase) {
        return learn.run(List.of(phase));
    }

    /** The results on the test images. */
    Evaluation test() {
        return Evaluation.of(net, test, Objective.standard(labels), images -> {});
    }

    /**
     * An accuracy on the task, and 0; if the training diverges, that of guessing among the classes, and 1: a network whose weights are no
     * numbers is right as often as a guess.
     */
    static double[] accuracy(Shift.Task task, DoubleSupplier trainAndTest) {
        try {
            return new double[] {trainAndTest.getAsDouble(), 0};
        } catch (DivergenceException ranAway) {
            return new double[] {1.0 / task.classes().size(), 1};
        }
    }

    @Override
    public void close() {
        learn.close();
        device.close();
    }
}
