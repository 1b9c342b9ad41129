package thaw.finetune;

import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFeatures;
import thaw.finetune.data.ImageFolder;

/** Batches to train on and to validate on, of images of one size. */
record Loaders(BatchLoader train, BatchLoader valid) {

    /** The same with features in the place of images; see {@link BatchLoader#onFeatures}. */
    Loaders onFeatures(ImageFeatures features) {
        return new Loaders(train.onFeatures(features), valid.onFeatures(features));
    }

    static Loaders of(ImageFolder data) {
        return new Loaders(data.trainLoader(), data.validLoader());
    }
}
