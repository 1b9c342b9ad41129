package thaw.kernels;

/** Functions of one number, applied to each element. */
public enum UnaryOp {
    /** max(x, 0) */
    RELU,
    /** 1 / (1 + e^−x) */
    SIGMOID,
    /** hyperbolic tangent */
    TANH,
    /** e^x */
    EXP,
    /** natural logarithm */
    LOG,
    /** |x| */
    ABS,
    /** x² */
    SQUARE,
    /** √x */
    SQRT;

    /** Whether {@link ElementwiseOps#unaryGradient} reads the function's input rather than its output. */
    public boolean gradientNeedsInput() {
        return switch (this) {
            case LOG, ABS, SQUARE -> true;
            case RELU, SIGMOID, TANH, EXP, SQRT -> false;
        };
    }
}
