package thaw.engine.io;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import thaw.kernels.Shape;

/**
 * A tensor whose values cannot be read, because it is too large or of an unsupported kind. It is listed with the others, so
 * that the rest of its file can be read; access to its values throws the reason.
 */
final class UnreadTensor implements StoredTensor {

    private final Supplier<WeightFileException> refusal;
    private final DType dtype;
    private final Shape shape;

    /**
     * @param refusal supplies the exception with the reason; created on demand, as there may be many
     * @param dtype   null if it is unknown
     * @param shape   null if it is unknown, or has more elements than {@link Shape} can count
     */
    UnreadTensor(Supplier<WeightFileException> refusal, DType dtype, Shape shape) {
        this.refusal = refusal;
        this.dtype = dtype;
        this.shape = shape;
    }

    /** A tensor that cannot be read for this reason. */
    static UnreadTensor because(Supplier<String> reason, DType dtype, Shape shape) {
        return new UnreadTensor(() -> new WeightFileException(reason.get()), dtype, shape);
    }

    /** The same tensor, with the file's and the tensor's name before the reason. */
    UnreadTensor named(String file, String name) {
        return new UnreadTensor(() -> refusal.get().prefixed(file + ": tensor " + WeightFileException.quote(name) + " "), dtype,
                shape);
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

    @Override
    public String toString() {
        return "unread tensor" + (dtype == null ? "" : " " + dtype) + (shape == null ? "" : " " + shape);
    }
}
