package thaw.finetune.data;

import java.util.SplittableRandom;

/** The values of a data set's samples as the rows of a batch. */
interface SampleValues {
    /** The number of values of a sample. */
    int length();

    /** The side of a sample's image in pixels; 0 for features. */
    int side();

    /**
     * Writes the values of one sample.
     *
     * @param random the stream of the sample and the epoch
     * @throws thaw.finetune.images.ImageReadException if the image cannot be read
     */
    void write(int index, Pass pass, SplittableRandom random, float[] values, int offset);
}
