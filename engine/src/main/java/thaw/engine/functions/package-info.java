/**
 * The differentiable operators, one per class, with forward value and backward rule side by side. In all of them {@code y}
 * is the value, and {@code gx} is the gradient of the final result with respect to {@code x}.
 */
package thaw.engine.functions;
