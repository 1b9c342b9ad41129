package thaw.kernels.opencl;

import java.util.function.Consumer;

/**
 * A gradient before the ReLU that it has yet to pass. Batch norm's residual has such a gradient, which two of three times is
 * read once, by a kernel that masks what it reads.
 *
 * @param gradient of the ReLU's output
 * @param mask     of {@code batch_norm.cl}
 * @param shift    the mask has a byte for each {@code 1 << shift} floats
 * @param write    computes the masked gradient into an array, for any other reader
 */
record MaskedGradient(OpenClArray gradient, OpenClArray mask, int shift, Consumer<OpenClArray> write) implements AutoCloseable {

    MaskedGradient {
        gradient.retain();
        mask.retain();
    }

    @Override
    public void close() {
        gradient.release();
        mask.release();
    }
}
