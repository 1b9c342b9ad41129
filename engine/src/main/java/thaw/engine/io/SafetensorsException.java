package thaw.engine.io;

/** A file that breaks one of the rules of safetensors. */
public final class SafetensorsException extends WeightFileException {

    private static final long serialVersionUID = 1L;

    /**
     * The rules, in the order in which they're checked; the names are those of the format's reference implementation
     * where it has one. Its {@code MisalignedSlice}, for dtypes of 4 and 6 bits that don't fill their last byte, is
     * {@link #TENSOR_INVALID_INFO} here.
     */
    public enum Rule {
        /** The file has fewer than the 8 bytes that hold the header's length. */
        HEADER_TOO_SMALL,
        /** The header claims more than 100,000,000 bytes. */
        HEADER_TOO_LARGE,
        /** The header claims more bytes than the file has. */
        INVALID_HEADER_LENGTH,
        /** The header isn't UTF-8. */
        INVALID_HEADER,
        /** The header isn't JSON, or not the JSON of the format: a missing field, a wrong type, an unknown dtype. */
        INVALID_HEADER_DESERIALIZATION,
        /** A name stands twice in the header: two readers could see two different tensors. */
        DUPLICATE_KEY,
        /** A dtype that the format knows and Thaw doesn't read; thrown when the tensor's numbers are asked for. */
        UNSUPPORTED_DTYPE,
        /** The tensors' bytes overlap, leave a hole, or end before they begin. */
        INVALID_OFFSET,
        /** The number of elements or bytes is out of the range of numbers. */
        VALIDATION_OVERFLOW,
        /** The shape and dtype need another number of bytes than the offsets give. */
        TENSOR_INVALID_INFO,
        /** A tensor larger than {@value FileBytes#LARGEST_SLICE} bytes; thrown when its numbers are asked for. */
        TENSOR_TOO_LARGE,
        /** The file is shorter or longer than the tensors that it describes. */
        METADATA_INCOMPLETE_BUFFER
    }

    private final Rule rule;

    SafetensorsException(Rule rule, String message) {
        this(rule, message, null);
    }

    SafetensorsException(Rule rule, String message, Throwable cause) {
        super(message, cause);
        this.rule = rule;
    }

    /** Which rule is broken. */
    public Rule rule() {
        return rule;
    }
}
