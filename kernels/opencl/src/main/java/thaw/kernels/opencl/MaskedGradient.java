package thaw.kernels.opencl;

import java.util.function.Consumer;

/**
 * A gradient and the mask of the ReLU that it has yet to pass: the gradient of a batch norm's residual. It is not written where its
 * reader can mask it. Owns both arrays.
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
