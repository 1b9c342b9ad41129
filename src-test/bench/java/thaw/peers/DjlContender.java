package thaw.peers;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;

/** DJL's PyTorch engine: libtorch, from Java. */
final class DjlContender {

    private DjlContender() {
    }

    public static void main(String[] args) throws Exception {
        Contender contender = Contender.of(args);
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(contender.threads()));
        System.setProperty("ai.djl.offline", "true");
        try (Model model = Model.newInstance(contender.arch(), "PyTorch")) {
            model.load(contender.folder(), contender.arch() + "-" + contender.mode(),
                    Map.of("trainParam", Boolean.toString(contender.trains())));
            if (contender.trains()) {
                train(contender, model);
            } else {
                predict(contender, model);
            }
        }
    }

    private static NDArray images(Contender contender, NDManager manager, float[] images) {
        return manager.create(FloatBuffer.wrap(images), new Shape(contender.batch(), 3, contender.size(), contender.size()));
    }

    private static void predict(Contender contender, Model model) throws Exception {
        float[] images = contender.images();
        try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator())) {
            contender.converse(() -> {
                try (NDManager step = model.getNDManager().newSubManager()) {
                    NDList scores = predictor.predict(new NDList(images(contender, step, images)));
                    try (scores) {
                        return Arrays.copyOf(scores.head().toFloatArray(), contender.classes());
                    }
                }
            });
        }
    }

    private static void train(Contender contender, Model model) throws Exception {
        Loss loss = Loss.softmaxCrossEntropyLoss();
        Optimizer sgd = Optimizer.sgd().optMomentum(0.9f).optWeightDecays(1e-4f)
                .setLearningRateTracker(Tracker.fixed(1e-4f)).build();
        float[] images = contender.images();
        int[] labels = contender.labels();
        try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(loss).optOptimizer(sgd))) {
            trainer.initialize(new Shape(contender.batch(), 3, contender.size(), contender.size()));
            if (contender.mode().equals("train-head")) {
                // Not before, since a new trainer takes all that was loaded as trainable.
                model.getBlock().freezeParameters(true, parameter -> !isTrained(contender, parameter.getName()));
            }
            // A loaded network is in evaluation mode while DJL believes it in training mode; this has it switch, both ways.
            try (NDManager once = trainer.getManager().newSubManager()) {
                trainer.evaluate(new NDList(images(contender, once, images)));
            }
            contender.converse(() -> {
                try (NDManager step = trainer.getManager().newSubManager()) {
                    NDArray x = images(contender, step, images);
                    NDArray target = step.create(labels);
                    float value;
                    try (GradientCollector gradients = trainer.newGradientCollector()) {
                        NDArray l = loss.evaluate(new NDList(target), trainer.forward(new NDList(x)));
                        value = l.getFloat();
                        gradients.backward(l);
                    }
                    trainer.step();
                    return new float[] {value};
                }
            });
        }
    }

    private static boolean isTrained(Contender contender, String name) {
        String lastBlock = switch (contender.arch()) {
            case "resnet18" -> "layer4.1";
            case "resnet20" -> "layer3.2";
            default -> "layer4.2";
        };
        return name.startsWith(lastBlock) || name.startsWith("fc");
    }
}
