package thaw.finetune;

/** What batch norm does in layer groups that are frozen. Its weights and biases are as frozen as all others there. */
public enum FrozenBatchNorm {
    /**
     * It normalises by each batch's own statistics and lets the running ones follow, so that they become those of the new
     * photographs. The usual thing in PyTorch, where freezing parameters leaves modes alone, and like fastai 2's.
     */
    TRAIN,

    /**
     * It normalises by the running statistics, which stay as they are: the frozen groups are the same function throughout. As
     * fastai 0.7's, and {@code BnFreeze} of fastai 2.
     */
    EVAL
}
