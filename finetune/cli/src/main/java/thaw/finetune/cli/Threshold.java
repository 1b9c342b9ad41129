package thaw.finetune.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import thaw.finetune.predict.ModelFile;

/** The option {@code --threshold}: the probability above which a multi-label model predicts a class. */
final class Threshold {

    private Threshold() {
    }

    /**
     * The model with the given threshold in place of its own.
     *
     * @param given null for the model's own
     * @param file  the model's file, for messages
     * @throws Failure if the threshold is out of range, or the model predicts one class per image
     */
    static ModelFile set(@Nullable Double given, ModelFile model, Path file) {
        if (given == null) {
            return model;
        }
        if (!model.labels().multiLabel()) {
            throw new Failure("--threshold: " + file + " is a model for images of one class each; leave it out");
        }
        return Failure.naming("--threshold", () -> model.threshold(given));
    }
}
