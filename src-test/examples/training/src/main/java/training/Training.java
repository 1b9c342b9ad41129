package training;

import java.io.IOException;
import java.nio.file.Path;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Prediction;
import thaw.finetune.train.Learner;

/** Trains a new head on pretrained weights, saves the model, loads it and predicts: folder, weights, model, image…. */
public final class Training {

    public static void main(String[] args) throws IOException {
        Path model = Path.of(args[2]);
        ImageFolder data = ImageFolder.of(Path.of(args[0])).size(32).batch(32).seed(1);
        try (Learner learn = Learner.of(data, Path.of(args[1]))) {
            learn.freeze();
            learn.fitOneCycle(2, 0.05);
            learn.save(model);
        }
        try (Classifier classifier = Classifier.load(model)) {
            for (int i = 3; i < args.length; i++) {
                Prediction p = classifier.predict(Path.of(args[i]));
                System.out.printf("%s %.0f %%%n", p.label(), 100 * p.probability());
            }
        }
    }
}
