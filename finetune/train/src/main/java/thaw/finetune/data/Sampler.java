package thaw.finetune.data;

import java.util.List;
import java.util.SplittableRandom;

/**
 * The order of the samples in a training epoch, PyTorch's {@code Sampler}. The result depends only on the arguments, so that an
 * epoch can be repeated and continued from its middle.
 */
@FunctionalInterface
public interface Sampler {
    /** Every sample once, in random order. */
    Sampler SHUFFLED = (epoch, samples, random) -> EpochOrder.shuffled(samples.size(), random);

    /** Equally many samples of each class, see {@link LoaderOptions#balanced(boolean)}. */
    Sampler BALANCED = (epoch, samples, random) -> EpochOrder.balanced(samples, random);

    /**
     * Draws the order of one epoch, of {@link #length} entries.
     *
     * @param epoch   the number of the epoch, from 0
     * @param samples the samples of the data set, which have one class each for {@link #BALANCED}
     * @param random  a stream of the seed and the epoch, the only source of randomness
     */
    EpochOrder order(int epoch, List<Sample> samples, SplittableRandom random);

    /**
     * The number of entries of an epoch; by default the number of samples.
     *
     * @param samples the number of samples of the data set
     */
    default int length(int samples) {
        return samples;
    }
}
