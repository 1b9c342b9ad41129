package thaw.finetune.images;

/** The position of the crop within a resized training image; evaluation always takes the centre crop. */
public enum Crop { CENTER, RANDOM }
