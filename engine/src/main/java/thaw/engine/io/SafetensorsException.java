package thaw.engine.io;

/** Thrown for a file that violates a rule of the safetensors format. */
public final class SafetensorsException extends WeightFileException {

    private static final long serialVersionUID = 1L;

    /**
     * The rules, in the order in which they are checked, under the names of the format's reference implementation where it
     * has one. Its {@code MisalignedSlice}, for dtypes of 4 and 6 bits that do not fill their last byte, is
     * {@link #TENSOR_INVALID_INFO} here.
     */
    public enum Rule {
        /** The file has fewer than the 8 bytes that hold the header's length. */
        HEADER_TOO_SMALL,
        /** The header claims more than 100,000,000 bytes. */
        HEADER_TOO_LARGE,
        /** The header claims more bytes than the file has. */
        INVALID_HEADER_LENGTH,
        /** The header is not UTF-8. */
        INVALID_HEADER,
        /** The header is not JSON, or has a missing field, a wrong type or an unknown dtype. */
        INVALID_HEADER_DESERIALIZATION,
        /** A name occurs twice in the header, so that two readers could read two different tensors. */
        DUPLICATE_KEY,
        /** The dtype is known to the format but not read by Thaw; thrown on access to the tensor's values. */
        UNSUPPORTED_DTYPE,
        /** The tensors' bytes overlap, leave a gap, or end before they begin. */
        INVALID_OFFSET,
        /** The number of elements or bytes exceeds the numeric range. */
        VALIDATION_OVERFLOW,
        /** The shape and dtype need a different number of bytes than the offsets give. */
        TENSOR_INVALID_INFO,
        /** The tensor is larger than {@value FileBytes#LARGEST_SLICE} bytes; thrown on access to its values. */
        TENSOR_TOO_LARGE,
        /** The file is shorter or longer than its header describes. */
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

    @Override
    SafetensorsException prefixed(String prefix) {
        return new SafetensorsException(rule, prefix + getMessage(), this);
    }

    /** The rule that is violated. */
    public Rule rule() {
        return rule;
    }
}
