package thaw.engine.nn;

import java.util.List;
import thaw.engine.Ops;
import thaw.engine.Tensor;

/**
 * Adaptive maximum pooling followed, along the channels, by adaptive average pooling, as in fastai's heads:
 * {@code [N, C, H, W] → [N, 2C, size, size]}.
 */
public final class AdaptiveConcatPool2d extends Module {

    private final int size;

    public AdaptiveConcatPool2d(int size) {
        this.size = size;
    }

    @Override
    public Tensor forward(Tensor x) {
        return Ops.cat(List.of(Ops.adaptiveMaxPool2d(x, size, size), Ops.adaptiveAvgPool2d(x, size, size)), 1);
    }

    @Override
    protected String options() {
        return "output_size=(" + size + ", " + size + ")";
    }
}
