package thaw.finetune;

import java.nio.file.Path;

/** What came of predicting one file among several, see {@link Classifier#tryPredictAll}. */
public sealed interface Outcome {
    /** The file. */
    Path image();

    /** The image was read. */
    record Predicted(Path image, Prediction prediction) implements Outcome {
    }

    /**
     * The file is missing or is no image that can be read.
     *
     * @param reason says what is wrong with it, and names it
     */
    record Broken(Path image, String reason) implements Outcome {
    }
}
