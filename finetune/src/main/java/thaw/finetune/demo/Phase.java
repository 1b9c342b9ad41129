package thaw.finetune.demo;

import java.util.List;

/**
 * A part of a training: one cycle of the learning rate.
 *
 * @param name   short
 * @param result what the network is called in the comparison after this
 * @param frozen whether the body is frozen, so that the head alone is trained
 * @param rates  one for all layer groups, or one for each: early, middle, head
 */
public record Phase(String name, String result, boolean frozen, int epochs, List<Double> rates) {

    public Phase {
        rates = List.copyOf(rates);
    }
}
