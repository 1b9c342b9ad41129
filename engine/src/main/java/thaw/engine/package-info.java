/**
 * Tensors and reverse-mode automatic differentiation over a graph that is built while the program runs.
 *
 * <p>{@link thaw.engine.Tensor} is a number array on a {@link thaw.engine.Device}. What a
 * {@link thaw.engine.Function} computes from tensors that require gradients becomes a node of the graph;
 * {@link thaw.engine.Tensor#backward()} walks it once, from the result to the leaves, and frees it on the way.
 * {@link thaw.engine.Scope} says how long results live, so that their memory is used again without waiting for the
 * garbage collector.
 */
package thaw.engine;
