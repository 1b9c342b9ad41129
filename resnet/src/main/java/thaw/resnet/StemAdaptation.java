package thaw.resnet;

import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.nn.Conv2d;
import thaw.kernels.Shape;

/**
 * Converts a pretrained stem to another number of input channels. To one channel, the weights of all channels are summed: a
 * grey image gives the same scores as before with its channel repeated. From one channel to three, the channel's weights are
 * multiplied by the luma coefficients of red, green and blue (ITU-R BT.601): a colour image gives the same scores as its grey
 * version did. Otherwise the channels are repeated cyclically and scaled by {@code old channels / new channels}, which keeps
 * the magnitude of activations, as in timm.
 */
final class StemAdaptation {

    /** The luma coefficients: {@code L = 0.299 R + 0.587 G + 0.114 B}. */
    private static final float[] LUMA = {0.299f, 0.587f, 0.114f};

    private StemAdaptation() {
    }

    static Conv2d of(Conv2d stem, int channels, Device device, Generator generator) {
        if (channels < 1) {
            throw new IllegalArgumentException("stem: images must have at least one channel, got " + channels);
        }
        Shape shape = stem.weight().shape();
        Conv2d adapted = Conv2d.withoutBias(device, channels, shape.dim(0), shape.dim(2), stem.convolution(), generator);
        adapted.weight().set(adapted(stem.weight().toFloats(), shape, channels));
        adapted.weight().requiresGrad(stem.weight().requiresGrad());
        return adapted;
    }

    /** @param weight {@code [out, in, R, S]} in row-major order; the result is {@code [out, channels, R, S]} */
    private static float[] adapted(float[] weight, Shape shape, int channels) {
        int in = shape.dim(1);
        int kernel = shape.dim(2) * shape.dim(3);
        float[] values = new float[shape.dim(0) * channels * kernel];
        for (int k = 0; k < shape.dim(0); k++) {
            for (int p = 0; p < kernel; p++) {
                if (channels == 1) {
                    for (int c = 0; c < in; c++) {
                        values[k * kernel + p] += weight[(k * in + c) * kernel + p];
                    }
                } else {
                    for (int c = 0; c < channels; c++) {
                        float given = weight[(k * in + c % in) * kernel + p];
                        values[(k * channels + c) * kernel + p] = in == 1 && channels == LUMA.length ? given * LUMA[c]
                                : given * in / channels;
                    }
                }
            }
        }
        return values;
    }
}
