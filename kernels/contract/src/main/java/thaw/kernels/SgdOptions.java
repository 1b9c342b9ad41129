package thaw.kernels;

/** The constants of one SGD update of a parameter group; see {@link Backend#sgd}. */
public record SgdOptions(double lr, double momentum, double dampening, double weightDecay, boolean nesterov, boolean maximize) {
}
