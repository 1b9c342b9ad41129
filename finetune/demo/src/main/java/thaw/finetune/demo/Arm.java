package thaw.finetune.demo;

import java.util.List;

/**
 * One method of training on few images. All arms have the same number of epochs, and all that start from the pretrained weights
 * train the head alone first, on the same images in the same order: they differ in the rates of the phase after that.
 *
 * @param pretrained whether the body starts from the pretrained weights, or from random ones
 * @param phases     the phases in order
 */
public record Arm(boolean pretrained, List<Phase> phases) {

    private static final int HEAD_EPOCHS = 2;
    private static final int BODY_EPOCHS = 6;
    private static final int EPOCHS = HEAD_EPOCHS + BODY_EPOCHS;

    /** Copies the list. */
    public Arm {
        phases = List.copyOf(phases);
    }

    /** Discriminative learning rates: first the head with the body frozen, then all layers, the early ones at a low rate. */
    public static Arm discriminative() {
        return headFirst("all layers, one rate per group", 1e-3, 1e-2, 5e-2);
    }

    private static Arm headFirst(String then, double... rates) {
        return new Arm(true, List.of(Phase.head(HEAD_EPOCHS, "the head alone (body frozen)", 0.1),
                Phase.all(BODY_EPOCHS, then, rates)));
    }

    /** After the head, one learning rate for all layers. */
    public static Arm moderate() {
        return headFirst("all layers at one moderate rate", 1e-2);
    }

    /** After the head, one learning rate for all layers that is too high for them. */
    public static Arm high() {
        return headFirst("all layers at one high rate", 0.5);
    }

    /** From random weights, with one learning rate for all layers. */
    public static Arm scratch() {
        return new Arm(false, List.of(Phase.all(EPOCHS, "all layers from scratch", 0.1)));
    }

    /** All compared arms; the others are compared with the first. */
    public static List<Arm> all() {
        return List.of(discriminative(), moderate(), high(), scratch());
    }

    /** The number of epochs in all phases up to this one, inclusive. */
    int epochsUntil(Phase phase) {
        return phases.subList(0, phases.indexOf(phase) + 1).stream().mapToInt(done -> done.training().epochs()).sum();
    }
}
