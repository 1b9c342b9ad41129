package thaw.finetune.predict;

import thaw.finetune.images.ImageReadException;
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
     * The image is missing or cannot be read.
     *
     * @param image  the image
     * @param reason names the image and says what is wrong with it
     */
    record Broken(ImageSource image, ImageReadException reason) implements Outcome {
    }
}
