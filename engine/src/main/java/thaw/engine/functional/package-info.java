/**
 * The operators of networks as functions of tensors, like PyTorch's {@code torch.nn.functional}. Those with one operand,
 * and the products and broadcasting ones, are methods of {@link thaw.engine.Tensor}.
 */
@NullMarked
package thaw.engine.functional;

import org.jspecify.annotations.NullMarked;
