package photos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import thaw.finetune.images.ImageSource;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Prediction;

/** Prints the classes of images, which are predicted together, and on standard error the device. */
public final class Photos {

    public static void main(String[] args) throws IOException {
        List<ImageSource> images = Arrays.stream(args).skip(1).map(file -> ImageSource.of(Path.of(file))).toList();
        try (Classifier classifier = Classifier.load(Path.of(args[0]))) {
            System.err.println(classifier.device().description());
            for (Prediction p : classifier.predictAll(images)) {
                System.out.printf("%s %.0f %%%n", p.label(), 100 * p.probability());
            }
        }
    }
}
