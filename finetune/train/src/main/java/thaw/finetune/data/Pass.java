package thaw.finetune.data;

/** The order and the preparation of images in an epoch. */
enum Pass {
    /** Shuffled or balanced, augmented and mixed. */
    TRAINING,
    /** In order, without random changes. */
    EVALUATION,
    /** In order, every image mirrored left to right. */
    MIRRORED,
    /** In order, augmented as in training. */
    AUGMENTED_IN_ORDER
}
