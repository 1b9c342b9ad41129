package thaw.kernels;

/** Functions of two numbers, applied to each pair of elements under {@linkplain Shape#broadcast broadcasting}. */
public enum BinaryOp {
    /** a + b */
    ADD,
    /** a − b */
    SUB,
    /** a · b */
    MUL,
    /** a / b */
    DIV
}
