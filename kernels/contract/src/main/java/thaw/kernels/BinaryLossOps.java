package thaw.kernels;

import org.jspecify.annotations.Nullable;

/** The loss of a classifier whose labels are independent of each other. */
public interface BinaryLossOps {

    /**
     * Binary cross-entropy of scores {@code x} through the logistic function, for multi-label targets {@code t} of the
     * same shape: {@code l = (1 − t)·x + (1 + (v − 1)·t)·log(1 + e^(−x))}, computed without overflow; the mean is over
     * all elements.
     *
     * @param positiveWeight {@code v}, one value per element of the last dimension, or null for 1
     */
    LossOps.Loss binaryCrossEntropy(Array scores, Array target, @Nullable Array positiveWeight, Reduction reduction);
}
