package thaw.kernels;

/** Functions of two numbers, applied to each pair of elements under {@linkplain Shape#broadcast broadcasting}. */
public enum BinaryOp {
    ADD, SUB, MUL, DIV
}
