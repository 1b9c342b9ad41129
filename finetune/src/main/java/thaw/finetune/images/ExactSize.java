package thaw.finetune.images;

/** What becomes of an image that has just the size of the square that a network sees. */
public enum ExactSize {
    /** It is that square, as CIFAR's images are, which networks for them were trained on unresized. */
    KEEP,
    /** It is resized and cropped like any other, as torchvision's transforms do, so that a folder of many sizes has one scale. */
    RESIZE
}
