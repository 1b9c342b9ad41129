package thaw.kernels;

/** Functions of one number, applied to each element. */
public enum UnaryOp {
    /** max(x, 0) */
    RELU,
    /** 1 / (1 + e^−x) */
    SIGMOID,
    TANH,
    EXP,
    /** natural logarithm */
    LOG,
    ABS,
    /** x² */
    SQUARE,
    SQRT
}
