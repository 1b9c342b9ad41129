package thaw.finetune.train;

/** The optimizers. */
public enum OptimizerKind {
    /** {@link thaw.engine.optim.SGD}. */
    SGD,
    /** {@link thaw.engine.optim.AdamW}. */
    ADAM_W
}
