package thaw.resnet;

import thaw.engine.nn.Init;

/** Properties shared by the networks for one kind of image, besides their blocks. */
public enum Family {

    /**
     * For images of about 224×224 pixels: a 7×7 convolution with stride 2 to 64 channels and a 3×3 maximum pool with stride 2;
     * shortcuts that change the shape are projected by a 1×1 convolution (He et al. 2016, section 4.1, option B).
     */
    IMAGENET(64, 7, 2),

    /**
     * For images of about 32×32 pixels: a 3×3 convolution to 16 channels; shortcuts that change the shape are subsampled and
     * padded with zeros, without parameters (section 4.2, option A).
     */
    CIFAR(16, 3, 1);

    private final int width;
    private final int stemKernel;
    private final int stemStride;

    Family(int width, int stemKernel, int stemStride) {
        this.width = width;
        this.stemKernel = stemKernel;
        this.stemStride = stemStride;
    }

    /** Channels of the stem's output and of the first stage's 3×3 convolutions; each later stage has twice as many. */
    public int width() {
        return width;
    }

    int stemKernel() {
        return stemKernel;
    }

    int stemStride() {
        return stemStride;
    }

    /**
     * The direction whose variance the initial weights preserve (He et al. 2015, sections 2.2 and 2.3): gradients in
     * torchvision's networks, activations in the widely published CIFAR networks.
     */
    Init.Fan fan() {
        return this == IMAGENET ? Init.Fan.OUT : Init.Fan.IN;
    }

    boolean hasMaxPool() {
        return this == IMAGENET;
    }

    boolean projectsShortcuts() {
        return this == IMAGENET;
    }
}
