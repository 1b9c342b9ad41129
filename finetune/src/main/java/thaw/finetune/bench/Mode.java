package thaw.finetune.bench;

/** What a step of a network does. */
public enum Mode {

    /** The forward pass in evaluation mode, recording nothing for backward: a prediction. */
    INFER,

    /** Forward in training mode, backward and SGD's update, of all layers. */
    TRAIN,

    /** The same of the last residual block and the head; all layers before are frozen and in evaluation mode. */
    TRAIN_HEAD;

    public boolean trains() {
        return this != INFER;
    }
}
