package thaw.finetune;

import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;

/** Batches to train on and to validate on, of images of one size. */
record Loaders(BatchLoader train, BatchLoader valid) {

    static Loaders of(ImageFolder data) {
        return new Loaders(data.trainLoader(), data.validLoader());
    }
}
