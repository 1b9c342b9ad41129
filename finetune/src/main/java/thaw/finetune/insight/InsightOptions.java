package thaw.finetune.insight;

import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * What to look at in training.
 *
 * @param everySteps       gradient norms and update ratios are of every so many-th step; 0 for none of it, at no cost
 * @param probeImages      so many training images show the feature drift, after each epoch; 0 for none of it
 * @param updateRatioLimit above it a warning says that a group other than the last is being torn up. A rule of thumb has healthy
 *                         training at ‖Δw‖/‖w‖ of about 1e-3 a step (Karpathy, "CS231n: Neural networks part 3"), from scratch;
 *                         a pretrained body is to move less. At 1e-2, ten times as much, it's made over within a hundred steps
 */
public record InsightOptions(int everySteps, int probeImages, double updateRatioLimit) {

    public InsightOptions {
        if (everySteps < 0 || probeImages < 0 || probeImages == 1 || !(updateRatioLimit > 0)) {
            throw new IllegalArgumentException("insight: everySteps and probeImages are 0 or more, a probe is of at least 2"
                    + " images, and updateRatioLimit is above 0; got " + everySteps + ", " + probeImages + " and " + updateRatioLimit);
        }
    }

    /** Nothing is looked at. */
    public static InsightOptions off() {
        return new InsightOptions(0, 0, 1e-2);
    }

    /** Every tenth step, and 32 probe images. */
    public static InsightOptions standard() {
        return new InsightOptions(10, 32, 1e-2);
    }

    @JsonIgnore
    public boolean isOff() {
        return everySteps == 0 && probeImages == 0;
    }
}
