package thaw.finetune.predict;

/**
 * When the kernels of a new {@link Classifier} are compiled. The vector loops of the CPU are slow until Java has compiled them, which
 * takes one or two seconds of a core. Changes no result.
 */
public enum WarmUp {
    /** Before the classifier is returned: loading takes seconds, and every prediction its usual time. */
    WAIT,
    /** On a background thread: the first predictions run on simpler loops and take several times as long as later ones. */
    BACKGROUND,
    /** By the predictions themselves, without a thread or work in advance. The first ones take seconds. */
    NONE
}
