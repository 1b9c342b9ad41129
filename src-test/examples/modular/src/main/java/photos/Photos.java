package photos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Prediction;

/** Prints the classes of images, which are predicted together, and the modules that are not Java's own. */
public final class Photos {

    public static void main(String[] args) throws IOException {
        List<Path> images = Arrays.stream(args).skip(1).map(Path::of).toList();
        try (Classifier classifier = Classifier.load(Path.of(args[0]))) {
            for (Prediction p : classifier.predictAll(images)) {
                System.out.printf("%s %.0f %%%n", p.label(), 100 * p.probability());
            }
        }
        List<String> modules = ModuleLayer.boot().modules().stream().map(Module::getName).filter(name -> !name.startsWith("java."))
                .sorted().toList();
        System.err.println(modules);
    }
}
