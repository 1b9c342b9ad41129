package thaw.finetune.train;

import java.util.List;
import java.util.Optional;

/**
 * The result of a fit.
 *
 * @param epochs    the results of all completed epochs, over all phases
 * @param stoppedAt the state at which the fit was stopped, for {@link Learner#resume}; empty if it is complete
 */
public record FitResult(List<EpochResult> epochs, Optional<FitState> stoppedAt) {
    /** Copies the list. */
    public FitResult {
        epochs = List.copyOf(epochs);
    }

    /** Whether {@link Learner#stop} ended the fit before its last epoch was complete. */
    public boolean isStopped() {
        return stoppedAt.isPresent();
    }
}
