package thaw.kernels.cpu.conv;

import thaw.kernels.cpu.parallel.Workers;

/** A copy of a convolution's source in a layout that the inner loops can walk over. */
sealed interface SourceCopy permits PaddedImages, SampledImages {

    /** Floats in a plane of the copy: one channel block (or one channel, for row-major images) of one image. */
    int plane();

    /** Floats in the whole copy. */
    int length();

    void copy(Workers workers, float[] from, float[] to);
}
