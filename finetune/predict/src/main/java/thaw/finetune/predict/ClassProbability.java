package thaw.finetune.predict;

/** A class and its predicted probability, 0 to 1. */
public record ClassProbability(String label, double probability) {
}
