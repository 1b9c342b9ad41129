package thaw.resnet;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import thaw.engine.nn.AvgPool2d;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.MaxPool2d;
import thaw.engine.nn.Module;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;

/** The layers before the first stage: {@code conv1, bn1, relu} and perhaps a pool, {@code maxpool}. */
public enum Stem {

    /** A 7×7 convolution to 64 channels, then a 3×3 maximum pool, both with stride 2 (He et al. 2016, table 1). */
    CONV_7X7(7, 2, 64),

    /** A 3×3 convolution to 16 channels, for images of about 32×32 pixels (He et al. 2016, section 4.2). */
    CONV_3X3(3, 1, 16),

    /**
     * Three 3×3 convolutions, the first with stride 2, in place of the 7×7 one (He et al. 2019, "Bag of tricks for image
     * classification with convolutional neural networks", figure 2b): timm's {@code stem_type='deep'}.
     */
    DEEP(3, 2, 32, 32, 64),

    /** {@link #DEEP} with rising widths: timm's {@code 'deep_tiered'}. */
    DEEP_TIERED(3, 2, 24, 32, 64),

    /** {@link #DEEP} of twice the width: timm's {@code stem_width=64}. */
    DEEP_WIDE(3, 2, 64, 64, 128),

    /** {@link #DEEP} with a 3×3 convolution in place of the maximum pool: ResNet-RS (Bello et al. 2021, section 4.3). */
    DEEP_CONV_POOL(3, 2, 32, 32, 64);

    private final int kernel;
    private final int stride;
    private final int[] widths;

    Stem(int kernel, int stride, int... widths) {
        this.kernel = kernel;
        this.stride = stride;
        this.widths = widths;
    }

    /** The side of each convolution's kernel. */
    int kernel() {
        return kernel;
    }

    /** The stride of the first convolution. */
    int stride() {
        return stride;
    }

    /** The output channels of the {@code i}-th of {@link #depth} convolutions. */
    int width(int i) {
        return widths[i];
    }

    /** The output channels. */
    int width() {
        return widths[widths.length - 1];
    }

    /** The number of convolutions in {@code conv1}. */
    int depth() {
        return widths.length;
    }

    boolean hasPool() {
        return this != CONV_3X3;
    }

    /** The name of the first convolution. */
    String first() {
        return depth() == 1 ? ResNet.STEM : ResNet.STEM + ".0";
    }

    /** {@code conv1}: a convolution, or several with norms and ReLUs between them. */
    Module convolutions(NewLayers make) {
        Conv2d first = make.conv(3, widths[0], kernel, stride, 1);
        if (depth() == 1) {
            return first;
        }
        List<Module> layers = new ArrayList<>(List.of(first));
        for (int i = 1; i < depth(); i++) {
            layers.add(new BatchNorm2d(make.device(), widths[i - 1]));
            layers.add(new ReLU());
            layers.add(make.conv(widths[i - 1], widths[i], kernel, 1, 1));
        }
        return new Sequential(layers);
    }

    /** {@code maxpool}: usually a maximum pool; null for none. */
    @Nullable
    Module pool(NewLayers make, Set<Variant> variants) {
        if (!hasPool()) {
            return null;
        }
        if (this == DEEP_CONV_POOL) {
            return new Sequential(make.conv(width(), width(), 3, 2, 1), new BatchNorm2d(make.device(), width()), new ReLU());
        }
        return variants.contains(Variant.AVERAGE_POOL) ? new AvgPool2d(2, 2, 0)
                : variants.contains(Variant.BLUR_POOL) ? new Sequential(new MaxPool2d(3, 1, 1), new BlurPool2d())
                        : new MaxPool2d(3, 2, 1);
    }

    /** The first convolution of {@code conv1}. */
    static Conv2d first(Module convolutions) {
        return (Conv2d) (convolutions instanceof Sequential deep ? deep.get(0) : convolutions);
    }

    /** {@code conv1} with another first convolution. */
    static Module withFirst(Conv2d first, Module convolutions) {
        if (convolutions instanceof Conv2d) {
            return first;
        }
        List<Module> layers = new ArrayList<>(convolutions.children().values());
        layers.set(0, first);
        return new Sequential(layers);
    }
}
