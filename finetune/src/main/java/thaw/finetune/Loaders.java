package thaw.finetune;

import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFeatures;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.Transforms;

/** Batches to train on and to validate on, of images of one size. */
record Loaders(BatchLoader train, BatchLoader valid) {

    /** The same with features in the place of images; see {@link BatchLoader#onFeatures}. */
    Loaders onFeatures(ImageFeatures features) {
        return new Loaders(train.onFeatures(features), valid.onFeatures(features));
    }

    /** The same images prepared otherwise; see {@link BatchLoader#prepared}. */
    Loaders prepared(Transforms otherwise) {
        return new Loaders(train.prepared(otherwise), valid.prepared(otherwise));
    }

    static Loaders of(ImageFolder data) {
        return new Loaders(data.trainLoader(), data.validLoader());
    }
}
