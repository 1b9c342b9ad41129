package thaw.finetune;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;

/**
 * All that a fit has to remember between two steps: with it, the plan, the settings and the data, {@link Learner#resume} ends
 * with the same bits as a fit that was never stopped. The order of images and their augmentation need no state of their own: they
 * are functions of the data's seed and the epoch's number.
 *
 * @param phase      index of the running phase, from 0
 * @param epoch      epochs of it that are done
 * @param batch      batches of the running epoch that are done, those without a readable image included
 * @param step       steps of the phase's schedule that are done
 * @param dataEpoch  number of the running epoch to the data, which goes on counting across fits
 * @param random     state of the device's generator
 * @param lossSum    of the running epoch's images that are done
 * @param images     of the running epoch that are done
 * @param seconds    that the running epoch took until now
 * @param network    parameters, buffers and counters
 * @param optimizer  its state dict
 * @param average    of the weights, where there is one
 * @param activity   what was measured of the running epoch; see {@link thaw.finetune.insight.GroupMeter#state}
 * @param history    the epochs that are done, of all phases; the best of them is among them
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
