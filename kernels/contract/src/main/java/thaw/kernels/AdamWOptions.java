package thaw.kernels;

/** The constants of one AdamW update of a parameter group; see {@link Backend#adamW}. */
public record AdamWOptions(double lr, double beta1, double beta2, double eps, double weightDecay, boolean maximize) {
}
