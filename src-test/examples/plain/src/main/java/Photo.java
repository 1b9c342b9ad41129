import java.nio.file.Path;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Prediction;

/** Prints the class of each image, by the model in the first argument. */
public class Photo {
    public static void main(String[] args) throws Exception {
        try (Classifier classifier = Classifier.load(Path.of(args[0]))) {
            for (int i = 1; i < args.length; i++) {
                Prediction p = classifier.predict(Path.of(args[i]));
                System.out.printf("%s %.0f %%%n", p.label(), 100 * p.probability());
            }
        }
    }
}
