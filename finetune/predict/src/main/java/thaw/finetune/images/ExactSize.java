package thaw.finetune.images;

/** The treatment of an image that already has exactly the network's input size. */
public enum ExactSize {
    /** It is used unchanged, as networks for CIFAR were trained on unresized images. */
    KEEP,
    /** It is resized and cropped like any other, as in torchvision, so that a folder of many sizes has a single scale. */
    RESIZE
}
