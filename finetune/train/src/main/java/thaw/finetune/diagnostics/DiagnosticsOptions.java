package thaw.finetune.diagnostics;

import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * The settings of the measurements in training.
 *
 * @param everySteps       gradient norms and update ratios are measured in one of this many steps, and in more of a short epoch (see
 *                         {@link GroupMeter#stepsPerEpoch}); 0 for never, at no cost
 * @param probeImages      number of training images on which feature drift is measured after each epoch, at least 2; 0 for never
 * @param updateRatioLimit the update ratio above which a group other than the last causes a warning. By a rule of thumb,
 *                         ‖Δw‖/‖w‖ is about 1e-3 per step in healthy training from scratch (Karpathy, "CS231n: Neural networks
 *                         part 3"); a pretrained body should move less. At 1e-2, a hundred steps can change it completely
 */
public record DiagnosticsOptions(int everySteps, int probeImages, double updateRatioLimit) {

    /** @throws IllegalArgumentException if a setting is out of range */
    public DiagnosticsOptions {
        if (everySteps < 0 || probeImages < 0 || probeImages == 1 || !(updateRatioLimit > 0)) {
            throw new IllegalArgumentException("diagnostics: expected everySteps of 0 or more, probeImages of 0 or at least 2,"
                    + " and updateRatioLimit above 0, got " + everySteps + ", " + probeImages + " and " + updateRatioLimit);
        }
    }

    /** No measurements. */
    public static DiagnosticsOptions off() {
        return new DiagnosticsOptions(0, 0, 1e-2);
    }

    /** Every tenth step, and 32 probe images. */
    public static DiagnosticsOptions standard() {
        return new DiagnosticsOptions(10, 32, 1e-2);
    }

    /** Whether nothing is measured. */
    @JsonIgnore
    public boolean isOff() {
        return everySteps == 0 && probeImages == 0;
    }
}
