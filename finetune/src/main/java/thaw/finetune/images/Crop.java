package thaw.finetune.images;

/** Where the square that a network sees lies within a resized training image; evaluation always takes the center. */
public enum Crop { CENTER, RANDOM }
