package thaw.finetune;

import java.util.function.BooleanSupplier;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.insight.Insight;
import thaw.resnet.ResNet;

/**
 * What a fit works on, and for whom.
 *
 * @param pretrained whether the network knew something before
 * @param loaders    of the data at its own size
 * @param precompute when a frozen body's features are computed once
 * @param stop       whether to end after the step
 */
record FitContext(ResNet net, boolean pretrained, ImageFolder data, Loaders loaders, Freezing freezing, FitSettings settings,
        LossFunction loss, Insight insight, TrainingListener listener, BooleanSupplier stop, Precompute precompute) {

    /** Steps of the optimizer in an epoch. */
    int stepsPerEpoch() {
        return (loaders.train().batches() + settings.accumulate() - 1) / settings.accumulate();
    }

    /** Loaders of images of so many pixels on a side; 0 for the data's own size. */
    Loaders loaders(int size) {
        return size == 0 || size == data.transforms().size() ? loaders : loaders.prepared(data.transforms().size(size));
    }
}
