package thaw.kernels;

/** The way in which the losses of a batch are combined into one number. */
public enum Reduction {
    /** The weighted mean over the batch. */
    MEAN,
    /** The weighted sum over the batch. */
    SUM
}
