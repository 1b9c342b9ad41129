package thaw.finetune.cli;

import java.nio.file.Path;
import thaw.finetune.ModelFile;

/** The option {@code --threshold}: above which probability a picture that may show several classes shows one. */
final class Threshold {

    private Threshold() {
    }

    /** @throws Failure unless it is a probability between 0 and 1 */
    static double require(double given) {
        if (!(given > 0 && given < 1)) {
            throw new Failure("--threshold: expected a probability between 0 and 1, got " + given);
        }
        return given;
    }

    /**
     * A model with another threshold than its own, if one is given.
     *
     * @param given null for the model's
     * @param file  the model's, for messages
     */
    static ModelFile set(Double given, ModelFile model, Path file) {
        if (given == null) {
            return model;
        }
        require(given);
        if (!model.labels().multiLabel()) {
            throw new Failure("--threshold: " + file + " is a model of pictures that show one class each; leave it out");
        }
        return model.threshold(given);
    }
}
