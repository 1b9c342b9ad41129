package thaw.finetune.predict;

import thaw.finetune.images.ImageSource;

/** The outcome of predicting one of several images; see {@link Classifier#tryPredictAll}. */
public sealed interface Outcome {
    /** The image. */
    ImageSource image();

    /**
     * The image was read.
     *
     * @param image      the image
     * @param prediction the model's prediction for it
     */
    record Predicted(ImageSource image, Prediction prediction) implements Outcome {
    }

    /**
     * The image has no prediction.
     *
     * @param image  the image
     * @param reason names the image and says what is wrong with it: an {@link thaw.finetune.images.ImageReadException} if it is missing
     *     or cannot be read, a {@link NonFiniteScoresException} if the model's scores for it overflow
     */
    record Broken(ImageSource image, RuntimeException reason) implements Outcome {
    }
}
