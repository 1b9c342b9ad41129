package thaw.finetune.demo;

import java.util.List;

/**
 * One way to train on few pictures. All have the same number of epochs.
 *
 * @param pretrained whether the body begins with the pretrained weights, or with random ones
 */
public record Arm(boolean pretrained, List<Phase> phases) {

    private static final int HEAD_EPOCHS = 2;
    private static final int BODY_EPOCHS = 6;
    private static final int EPOCHS = HEAD_EPOCHS + BODY_EPOCHS;

    public Arm {
        phases = List.copyOf(phases);
    }

    /** The head first, with the body frozen; then all layers, the early ones with a small rate. */
    public static Arm discriminative() {
        return new Arm(true, List.of(
                new Phase("head", "the head alone (body frozen)", true, HEAD_EPOCHS, List.of(0.1)),
                new Phase("all", "then all layers, a rate for each group", false, BODY_EPOCHS, List.of(1e-3, 1e-2, 5e-2))));
    }

    /** From the pretrained weights too, with one rate for all layers. */
    public static Arm moderate() {
        return new Arm(true, List.of(new Phase("all", "all layers at one moderate rate", false, EPOCHS, List.of(1e-2))));
    }

    /** From the pretrained weights too, with one rate for all layers that is too high for them. */
    public static Arm high() {
        return new Arm(true, List.of(new Phase("all", "all layers at one high rate", false, EPOCHS, List.of(0.5))));
    }

    /** From random weights. */
    public static Arm scratch() {
        return new Arm(false, List.of(new Phase("all", "all layers from scratch", false, EPOCHS, List.of(0.1))));
    }

    /** All ways that are compared, the recommended one first. */
    public static List<Arm> all() {
        return List.of(discriminative(), moderate(), high(), scratch());
    }

    /** Of all phases. */
    public int epochs() {
        return epochsUntil(phases.get(phases.size() - 1));
    }

    /** Of all phases up to and with this one. */
    int epochsUntil(Phase phase) {
        return phases.subList(0, phases.indexOf(phase) + 1).stream().mapToInt(Phase::epochs).sum();
    }
}
