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
    SQRT;

    /** Whether {@link ElementwiseOps#unaryGradient} reads the function's input rather than its output. */
    public boolean gradientNeedsInput() {
        return switch (this) {
            case LOG, ABS, SQUARE -> true;
            case RELU, SIGMOID, TANH, EXP, SQRT -> false;
        };
    }
}
