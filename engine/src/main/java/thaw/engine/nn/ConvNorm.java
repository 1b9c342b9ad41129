package thaw.engine.nn;

import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functions.Conv2dBatchNorm;

/**
 * A convolution and the batch normalisation behind it, seen as one: {@code act(norm(conv(x)) + residual)}, with as few passes
 * over memory as can be. It is a view and no module: names, modes and hooks are those of the two.
 *
 * <p>Where the norm is a constant (in evaluation mode, no gradient being wanted with respect to its parameters), it, the
 * residual and the activation are applied to the convolution's results before these are stored. Elsewhere the
 * convolution comes first and the others take one pass. Modules with {@linkplain Module#onForward hooks} are called one by
 * one, so that each hook sees its module's own value.
 */
public record ConvNorm(Conv2d conv, BatchNorm2d norm) {

    /**
     * @param residual of the result's shape, or null for 0
     * @param relu     whether act is {@code max(·, 0)}, rather than the identity
     */
    public Tensor call(Tensor x, Tensor residual, boolean relu) {
        try (Scope scope = x.device().scope()) {
            boolean fused = norm.isConstant(x.device()) && !conv.hasHooks() && !norm.hasHooks();
            return scope.keep(fused ? fused(x, residual, relu) : norm.call(conv.call(x), residual, relu));
        }
    }

    private Tensor fused(Tensor x, Tensor residual, boolean relu) {
        return new Conv2dBatchNorm(conv.convolution(), norm.weight().array(), norm.bias().array(), norm.runningMean().array(),
                norm.runningVar().array(), norm.eps(), relu).apply(x, conv.weight(), conv.bias(), residual);
    }
}
