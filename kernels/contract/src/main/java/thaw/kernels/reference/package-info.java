/**
 * The definition of each operator: loops in double precision that follow the formula, one topic per class. Written for
 * clarity, not speed; the fast backends and the gradients are tested against it, and it can run small networks. The formula of each
 * method is in its comment; {@code gx} is the gradient of the loss with respect to {@code x}, and {@code gy} that of the operator's value.
 * {@link thaw.kernels.reference.ReferenceBackend} lists the topics.
 */
@NullMarked
package thaw.kernels.reference;

import org.jspecify.annotations.NullMarked;
