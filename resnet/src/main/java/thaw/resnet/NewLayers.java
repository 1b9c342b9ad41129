package thaw.resnet;

import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.ConvNorm;
import thaw.engine.nn.Init;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * The layers of a new network: on its device, with its family's initial distribution of weights.
 *
 * @param generator draws the weights; null leaves them 0
 */
record NewLayers(Device device, Family family, @Nullable Generator generator) {

    /** A convolution without bias, padded to keep the image's size at stride 1. */
    Conv2d conv(int in, int out, int kernel, int stride, int groups) {
        Conv2d conv = Conv2d.withoutBias(device, in, out, kernel, Conv2dOptions.of(stride, kernel / 2, 1, groups), null);
        if (generator != null) {
            // The generator continues as if the layer had drawn PyTorch's default weights first, as torchvision's layers do.
            generator.skip(conv.weight().shape().size());
        }
        Init.kaimingNormal(conv.weight(), family.fan(), generator);
        return conv;
    }

    /** A 1×1 convolution with bias, which has PyTorch's default distribution. */
    Conv2d biased(int in, int out) {
        Conv2d conv = conv(in, out, 1, 1, 1);
        return new Conv2d(conv.weight(), Init.defaultUniform(device.zeros(Shape.of(out)), in, generator), conv.convolution());
    }

    /** A {@link #conv} followed by batch normalisation. */
    ConvNorm convNorm(int in, int out, int kernel, int stride, int groups) {
        return new ConvNorm(conv(in, out, kernel, stride, groups), new BatchNorm2d(device, out));
    }
}
