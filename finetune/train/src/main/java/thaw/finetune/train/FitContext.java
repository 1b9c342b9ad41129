package thaw.finetune.train;

import java.util.function.BooleanSupplier;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.diagnostics.Diagnostics;
import thaw.finetune.loss.LossFunction;
import thaw.resnet.Network;

/**
 * The network, data and settings of a fit.
 *
 * @param pretrained whether the network has pretrained weights
 * @param loaders    for images of the data's own size
 * @param precompute when a frozen body's features are computed once
 * @param stop       returns true if training is to end after the current step
 */
record FitContext(Network net, boolean pretrained, DataLoaders data, DataLoaders loaders, FrozenGroups freezing, FitSettings settings,
        LossFunction loss, Diagnostics diagnostics, TrainingListener listener, BooleanSupplier stop, Precompute precompute) {

    /** The number of optimizer steps in an epoch. */
    int stepsPerEpoch() {
        return (loaders.train().batches() + settings.accumulate() - 1) / settings.accumulate();
    }

    /** The loaders for images of {@code size × size} pixels; 0 for the data's own size. */
    DataLoaders loaders(int size) {
        return size == 0 || size == data.transforms().size() ? loaders : loaders.prepared(data.transforms().size(size));
    }
}
