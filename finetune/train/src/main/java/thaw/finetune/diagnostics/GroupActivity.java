package thaw.finetune.diagnostics;

/**
 * The measurements of a layer group in an epoch. Values that were not measured are NaN.
 *
 * @param group            the group's name
 * @param learningRate     mean over the measured steps; that of the epoch's last step if none was measured; 0 if the group is frozen
 * @param gradNorm         Euclidean norm of the gradient before clipping, mean over the measured steps
 * @param updateRatio      ‖Δw‖/‖w‖, the norm of a step's change relative to that of the weights, mean over the measured steps
 * @param distance         ‖w − w₀‖ after the epoch, where w₀ are the weights at the beginning
 * @param relativeDistance ‖w − w₀‖/‖w₀‖
 * @param similarity       linear CKA between the group's outputs for the probe images now and with the weights at the beginning,
 *                         see {@link FeatureDrift}; 1 means equal up to rotation and scale
 */
public record GroupActivity(String group, double learningRate, double gradNorm, double updateRatio, double distance,
        double relativeDistance, double similarity) {

    /** The feature drift since the beginning, {@code 1 − similarity}. */
    public double drift() {
        return 1 - similarity;
    }
}
