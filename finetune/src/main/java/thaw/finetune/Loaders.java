package thaw.finetune;

import java.util.ArrayList;
import java.util.List;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.BrokenImage;
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

    /** Images that were passed over, in training and validation. */
    List<BrokenImage> broken() {
        List<BrokenImage> broken = new ArrayList<>(train.broken());
        broken.addAll(valid.broken());
        return broken;
    }

    /** Whether either showed images at two scales; see {@link BatchLoader#mixesScales}. */
    boolean mixesScales() {
        return train.mixesScales() || valid.mixesScales();
    }

    static Loaders of(ImageFolder data) {
        return new Loaders(data.trainLoader(), data.validLoader());
    }
}
