package thaw.engine.io;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import thaw.kernels.Shape;

/**
 * A tensor of a file whose numbers are not read, be it too large or of a kind that is not known. It stands in the file's
 * place, so that what doesn't need it isn't stopped by it; whoever asks for its numbers gets the reason.
 */
final class UnreadTensor implements StoredTensor {

    private final WeightFileException reason;
    private final DType dtype;
    private final Shape shape;

    /**
     * @param dtype null if it's none that is known
     * @param shape null if it can't be told, or has more elements than a shape counts
     */
    UnreadTensor(WeightFileException reason, DType dtype, Shape shape) {
        this.reason = reason;
        this.dtype = dtype;
        this.shape = shape;
    }

    /** The same with the tensor's place before the reason. */
    UnreadTensor at(String place) {
        return new UnreadTensor(new UnpicklingException(place + " " + reason.getMessage()), dtype, shape);
    }

    @Override
    public DType dtype() {
        if (dtype == null) {
            throw new UncheckedIOException(reason);
        }
        return dtype;
    }

    @Override
    public Shape shape() {
        if (shape == null) {
            throw new UncheckedIOException(reason);
        }
        return shape;
    }

    @Override
    public ByteBuffer bytes() {
        throw new UncheckedIOException(reason);
    }

    /** Checked before memory is taken for the numbers. */
    @Override
    public float[] toFloats() {
        throw new UncheckedIOException(reason);
    }

    @Override
    public double[] toDoubles() {
        throw new UncheckedIOException(reason);
    }

    @Override
    public long[] toLongs() {
        throw new UncheckedIOException(reason);
    }

    @Override
    public void read(float[] into) {
        throw new UncheckedIOException(reason);
    }

    @Override
    public String toString() {
        return "unread tensor" + (dtype == null ? "" : " " + dtype) + (shape == null ? "" : " " + shape);
    }
}
