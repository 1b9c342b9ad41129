package thaw.kernels;

/** How the losses of a batch become one number. */
public enum Reduction {
    /** The weighted mean over the batch. */
    MEAN,
    SUM
}
