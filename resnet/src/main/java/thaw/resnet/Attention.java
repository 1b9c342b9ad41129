package thaw.resnet;

import org.jspecify.annotations.Nullable;
import thaw.engine.nn.Module;

/** Channel attention: a gate between 0 and 1 for each channel, by which the last norm of a block is multiplied. */
public enum Attention {

    /** No gates. */
    NONE,

    /** {@link SqueezeExcitation} by a sixteenth of the channels, at least 8 (Hu et al. 2018, section 6.1). */
    SQUEEZE_16,

    /** {@link SqueezeExcitation} by a quarter of the channels: ResNet-RS. */
    SQUEEZE_4,

    /** {@link EfficientChannelAttention}. */
    EFFICIENT;

    /** timm keeps the squeezed channels a multiple of 8; those of the table's networks are powers of 2. */
    private static final int LEAST = 8;

    boolean squeezes() {
        return this == SQUEEZE_16 || this == SQUEEZE_4;
    }

    /** The channels between the two layers of {@link SqueezeExcitation}. */
    int squeezed(int channels) {
        return Math.max(LEAST, channels / (this == SQUEEZE_4 ? 4 : 16));
    }

    /** The module {@code [N, channels, H, W] → [N, channels, H, W]} that multiplies a block's last norm by its gates; null for none. */
    @Nullable
    Module gate(NewLayers make, int channels) {
        return squeezes() ? new SqueezeExcitation(make, channels, squeezed(channels))
                : this == EFFICIENT ? new EfficientChannelAttention(make, channels) : null;
    }
}
