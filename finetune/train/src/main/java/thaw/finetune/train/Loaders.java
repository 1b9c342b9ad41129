package thaw.finetune.train;

import java.util.ArrayList;
import java.util.List;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.BrokenImage;
import thaw.finetune.data.ImageFeatures;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.Transforms;

/** The loaders of training and validation batches, for one image size. */
record Loaders(BatchLoader train, BatchLoader valid) {

    /** The same loaders with precomputed features instead of images; see {@link BatchLoader#onFeatures}. */
    Loaders onFeatures(ImageFeatures features) {
        return new Loaders(train.onFeatures(features), valid.onFeatures(features));
    }

    /** Loaders of the same images with other transforms; see {@link BatchLoader#prepared}. */
    Loaders prepared(Transforms otherwise) {
        return new Loaders(train.prepared(otherwise), valid.prepared(otherwise));
    }

    /** The images skipped in training and validation. */
    List<BrokenImage> broken() {
        List<BrokenImage> broken = new ArrayList<>(train.broken());
        broken.addAll(valid.broken());
        return broken;
    }

    /** Whether either loader had images at two scales; see {@link BatchLoader#mixesScales}. */
    boolean mixesScales() {
        return train.mixesScales() || valid.mixesScales();
    }

    static Loaders of(ImageFolder data) {
        return new Loaders(data.trainLoader(), data.validLoader());
    }
}
