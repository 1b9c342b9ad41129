/**
 * The differentiable operators, one a file: forward value and backward rule side by side. In all of them {@code y} is the
 * value, {@code gx} stands for the gradient of the final result with respect to {@code x}.
 */
package thaw.engine.functions;
