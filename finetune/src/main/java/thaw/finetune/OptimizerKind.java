package thaw.finetune;

/** The optimizers. */
public enum OptimizerKind {
    /** {@link thaw.engine.optim.SGD}. */
    SGD,
    /** {@link thaw.engine.optim.AdamW}. */
    ADAM_W
}
