package thaw.finetune.images;

/** The position of the crop within a resized training image; evaluation always takes the centre crop. */
public enum Crop {
    /** In the middle. */
    CENTER,
    /** Anywhere, drawn anew for each image and epoch. */
    RANDOM
}
