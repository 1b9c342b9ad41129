package thaw.finetune.demo;

import java.util.List;

/**
 * A phase of an arm: one cycle of the learning rate.
 *
 * @param name   short name
 * @param result the network's name in the comparison after this phase
 * @param frozen whether the body is frozen, so that only the head is trained
 * @param rates  highest learning rates: one for all layer groups, or one for each (early, middle, head)
 */
public record Phase(String name, String result, boolean frozen, int epochs, List<Double> rates) {

    public Phase {
        rates = List.copyOf(rates);
    }
}
