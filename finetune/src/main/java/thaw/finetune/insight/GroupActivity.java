package thaw.finetune.insight;

/**
 * What a layer group did in an epoch. A number that there is none of is NaN.
 *
 * @param group            its name
 * @param learningRate     in force in the epoch's last step; 0 where it is frozen
 * @param gradNorm         mean of its gradient's Euclidean norm over the steps that were looked at, before clipping
 * @param updateRatio      mean of ‖Δw‖/‖w‖, how far its weights moved in a step by how large they are, over these steps
 * @param distance         ‖w − w₀‖ from the weights at the beginning, after the epoch
 * @param relativeDistance ‖w − w₀‖/‖w₀‖
 * @param similarity       linear CKA of its output for the probe images, now and at the beginning: 1 where it sees the same
 */
public record GroupActivity(String group, double learningRate, double gradNorm, double updateRatio, double distance,
        double relativeDistance, double similarity) {

    /** Feature drift: how much of what the group saw at the beginning is gone, {@code 1 − similarity}. */
    public double drift() {
        return 1 - similarity;
    }
}
