package thaw.finetune;

/** A class, and how probable the model holds it, 0 to 1. */
public record ClassProbability(String label, double probability) {
}
