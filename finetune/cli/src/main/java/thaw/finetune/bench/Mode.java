package thaw.finetune.bench;

/** The kinds of step that {@link NetworkStep} measures. */
public enum Mode {

    /** A prediction: the forward pass in evaluation mode, recording nothing for backward. */
    INFER,

    /** A training step of all layers: forward in training mode, backward and SGD's update. */
    TRAIN,

    /** A training step of the last residual block and the head; all earlier layers are frozen and in evaluation mode. */
    TRAIN_HEAD;

    /** Whether a step updates weights. */
    public boolean trains() {
        return this != INFER;
    }
}
