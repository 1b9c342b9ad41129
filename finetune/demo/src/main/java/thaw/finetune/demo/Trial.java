package thaw.finetune.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.Learner;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** One arm's training on one draw of the images. Not thread-safe. */
public final class Trial {

    private final Arm arm;
    private final ImageFolder training;
    private final ImageFolder test;
    private final ResNet net;
    private final Learner learner;

    /**
     * A trial with a new network.
     *
     * @param pretrained the network whose architecture is used, and whose body the arm starts from unless it starts from scratch
     * @param seed       of the draw and of the initial weights: the head's, or all if the arm starts from scratch
     * @param device     must stay open as long as the trial is used
     */
    public Trial(Arm arm, DemoImages images, ModelFile pretrained, long seed, Device device) {
        this.arm = arm;
        this.training = images.training(seed);
        this.test = images.test();
        String architecture = pretrained.network().get("architecture");
        this.net = ResNet.of(Architecture.byName(architecture), device, training.classes().size(), seed);
        if (arm.pretrained()) {
            net.loadPretrained(pretrained.weights(), false);
        }
        this.learner = new Learner(net, training);
    }

    /** The network, which {@link #run} trains. */
    public ResNet net() {
        return net;
    }

    /**
     * Trains, and tests after each phase.
     *
     * @param listener of the training
     * @return the test accuracy after each phase, 0 to 1
     */
    public List<Double> run(TrainingListener listener) {
        List<Double> accuracies = new ArrayList<>();
        learner.addListener(listener);
        for (Phase phase : arm.phases()) {
            learner.run(List.of(phase.training()));
            accuracies.add(Evaluation.of(net, test).accuracy());
        }
        return List.copyOf(accuracies);
    }

    /** Saves the network's current weights as a model file, for {@code thaw predict}, {@code thaw evaluate} and embedding. */
    public void save(Path file) throws IOException {
        learner.save(file);
    }
}
