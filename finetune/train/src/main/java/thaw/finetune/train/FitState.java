package thaw.finetune.train;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;

/**
 * The complete state of a fit between two steps. From it and the same plan, settings and data, {@link Learner#resume}
 * ends with the same bits as a fit without interruption. The order of images and their augmentation need no state of
 * their own: they are functions of the data's seed and the epoch's number. Immutable.
 *
 * @param phase     the index of the running phase, from 0
 * @param epoch     the number of completed epochs of the phase
 * @param batch     the number of completed batches of the running epoch, including those without a readable image
 * @param step      the number of completed steps of the phase's schedule
 * @param dataEpoch the loader's number of the running epoch, which keeps counting across fits
 * @param random    the state of the device's generator
 * @param lossSum   the sum of the losses over the running epoch's completed images
 * @param images    the number of completed images of the running epoch
 * @param seconds   the duration of the running epoch so far
 * @param network   parameters, buffers and counters
 * @param optimizer the optimizer's state dict
 * @param average   the moving average of the weights; empty if there is none
 * @param activity  the diagnostics of the running epoch; see {@link thaw.finetune.diagnostics.GroupMeter#state}
 * @param history   the completed epochs of all phases
 */
public record FitState(int phase, int epoch, int batch, int step, int dataEpoch, long random, double lossSum, int images,
        double seconds, Map<String, StoredTensor> network, Weights optimizer, Optional<Weights> average,
        Map<String, List<Double>> activity, List<EpochResult> history) {

    public FitState {
        network = Map.copyOf(network);
        activity = Map.copyOf(activity);
        history = List.copyOf(history);
    }
}
