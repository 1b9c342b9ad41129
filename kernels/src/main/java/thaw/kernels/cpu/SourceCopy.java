package thaw.kernels.cpu;

/** A convolution's source rewritten so that the inner loops can walk over it. */
sealed interface SourceCopy permits PaddedImages, SampledImages {

    /** Floats of a plane of the copy: one channel block (or one channel, for row-major images) of one image. */
    int plane();

    /** Floats of the copy. */
    int length();

    void copy(Workers workers, float[] from, float[] to);
}
