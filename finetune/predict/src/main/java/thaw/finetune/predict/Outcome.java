package thaw.finetune.predict;

import java.nio.file.Path;

/** The outcome of predicting one of several files; see {@link Classifier#tryPredictAll}. */
public sealed interface Outcome {
    /** The file. */
    Path image();

    /** The image was read. */
    record Predicted(Path image, Prediction prediction) implements Outcome {
    }

    /**
     * The file is missing or cannot be read as an image.
     *
     * @param reason names the file and says what is wrong with it
     */
    record Broken(Path image, String reason) implements Outcome {
    }
}
