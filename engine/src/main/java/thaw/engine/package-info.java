/**
 * Tensors and reverse-mode automatic differentiation over a graph that is built while the program runs.
 *
 * <p>A {@link thaw.engine.Tensor} is a number array on a {@link thaw.engine.Device}. Each {@link thaw.engine.Function}
 * applied to tensors that require gradients becomes a node of the graph; {@link thaw.engine.Tensor#backward()} visits each
 * node once, from the result to the leaves, and frees it on the way. A {@link thaw.engine.Scope} bounds the lifetime of
 * results, so that their memory is reused without waiting for the garbage collector.
 */
@NullMarked
package thaw.engine;

import org.jspecify.annotations.NullMarked;
