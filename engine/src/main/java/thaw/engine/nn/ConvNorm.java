package thaw.engine.nn;

import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functions.Conv2dBatchNorm;

/**
 * A convolution followed by batch normalisation, computed together: {@code act(norm(conv(x)) + residual)}, with the fewest
 * passes over memory. It is a view, not a module: names, modes and hooks are those of the two modules.
 *
 * <p>If the norm is constant (in evaluation mode, and no gradient of its parameters is needed), the norm, the residual and
 * the activation are applied to the convolution's results before these are stored. Otherwise the convolution runs first,
 * and the rest takes one pass. Modules with {@linkplain Module#onForward hooks} are called separately, so that each hook
 * receives its module's own result.
 */
public record ConvNorm(Conv2d conv, BatchNorm2d norm) {

    /**
     * {@code act(norm(conv(x)) + residual)}.
     *
     * @param x        {@code [N, in, H, W]}
     * @param residual of the result's shape, or null for none
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
