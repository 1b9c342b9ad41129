package thaw.finetune;

import java.util.List;
import java.util.Optional;

/**
 * How a fit ended.
 *
 * @param epochs    what came of each epoch that is done, of all phases
 * @param stoppedAt where it was stopped; {@link Learner#resume} goes on from there. Empty if it's complete
 */
public record FitResult(List<EpochResult> epochs, Optional<FitState> stoppedAt) {
    public FitResult {
        epochs = List.copyOf(epochs);
    }
}
