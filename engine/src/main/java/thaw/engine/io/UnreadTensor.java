package thaw.engine.io;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import thaw.kernels.Shape;

/**
 * A tensor of a file whose numbers are not read, since it's too large or of a kind that is not known. It stands among the
 * others, so that a file is read for the sake of these; asking for its numbers throws the reason.
 */
final class UnreadTensor implements StoredTensor {

    private final Supplier<WeightFileException> refusal;
    private final DType dtype;
    private final Shape shape;

    /**
     * @param refusal says which tensor it is and why it's not read; made when it's needed, since there may be many
     * @param dtype null if it's none that is known
     * @param shape null if it can't be told, or has more elements than a shape counts
     */
    UnreadTensor(Supplier<WeightFileException> refusal, DType dtype, Shape shape) {
        this.refusal = refusal;
        this.dtype = dtype;
        this.shape = shape;
    }

    /** One out of a pickle, where its name is not known yet: see {@link #named}. */
    static UnreadTensor because(String reason, DType dtype, Shape shape) {
        return new UnreadTensor(() -> new UnpicklingException(reason), dtype, shape);
    }

    /** The same with the tensor's name before the reason. */
    UnreadTensor named(String file, String name) {
        return new UnreadTensor(() -> new UnpicklingException(file + ": tensor " + WeightFileException.quote(name) + " "
                + refusal.get().getMessage()), dtype, shape);
    }

    @Override
    public DType dtype() {
        if (dtype == null) {
            throw new UncheckedIOException(refusal.get());
        }
        return dtype;
    }

    @Override
    public Shape shape() {
        if (shape == null) {
            throw new UncheckedIOException(refusal.get());
        }
        return shape;
    }

    @Override
    public boolean hasShape() {
        return shape != null;
    }

    @Override
    public ByteBuffer bytes() {
        throw new UncheckedIOException(refusal.get());
    }

    /** Checked before memory is taken for the numbers. */
    @Override
    public float[] toFloats() {
        throw new UncheckedIOException(refusal.get());
    }

    @Override
    public double[] toDoubles() {
        throw new UncheckedIOException(refusal.get());
    }

    @Override
    public long[] toLongs() {
        throw new UncheckedIOException(refusal.get());
    }

    @Override
    public void read(float[] into) {
        throw new UncheckedIOException(refusal.get());
    }

    @Override
    public String toString() {
        return "unread tensor" + (dtype == null ? "" : " " + dtype) + (shape == null ? "" : " " + shape);
    }
}
