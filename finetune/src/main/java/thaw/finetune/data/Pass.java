package thaw.finetune.data;

/** In which manner an epoch goes through the images. */
enum Pass {
    /** Shuffled or balanced, varied and mixed. */
    TRAINING,
    /** In order, without chance. */
    EVALUATION,
    /** In order, every image mirrored left to right. */
    MIRRORED,
    /** In order, varied as in training. */
    AUGMENTED_IN_ORDER
}
