package thaw.resnet;

import thaw.engine.nn.Init;

/** Properties shared by the networks for one kind of image. */
public enum Family {

    /** For images of about 224×224 pixels. */
    IMAGENET(64, Stem.CONV_7X7, Shortcut.PROJECTED),

    /** For images of about 32×32 pixels. */
    CIFAR(16, Stem.CONV_3X3, Shortcut.PADDED);

    private final int width;
    private final Stem stem;
    private final Shortcut shortcut;

    Family(int width, Stem stem, Shortcut shortcut) {
        this.width = width;
        this.stem = stem;
        this.shortcut = shortcut;
    }

    /** Channels of the first stage's 3×3 convolutions; each later stage has twice as many. */
    public int width() {
        return width;
    }

    /** The family's usual network of such blocks, without channel attention. */
    Design design(BlockKind block, int groups, int widthPerGroup) {
        return new Design(block, groups, widthPerGroup, stem, shortcut, Attention.NONE);
    }

    /**
     * The direction whose variance the initial weights preserve (He et al. 2015, sections 2.2 and 2.3): gradients in
     * torchvision's networks, activations in the widely published CIFAR networks.
     */
    Init.Fan fan() {
        return this == IMAGENET ? Init.Fan.OUT : Init.Fan.IN;
    }
}
