package thaw.finetune.train;

/** The images whose mean and variance a batch norm in training mode normalises by, where several workers divide a step's images. */
public enum NormStatistics {
    /** Each worker's own batch. Running statistics become the mean over all images of the step, after it. */
    LOCAL,

    /** The batches of all workers, as PyTorch's SyncBatchNorm does: N workers with batches of b train like one with batches of N · b. */
    SYNCHRONISED
}
