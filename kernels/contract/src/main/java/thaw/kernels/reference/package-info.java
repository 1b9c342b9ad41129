/**
 * The definition of each operator: loops in double precision that follow the formula, one topic per class. Written for
 * clarity, not speed; the fast backends and the gradients are tested against it, and it can run small networks.
 */
@NullMarked
package thaw.kernels.reference;

import org.jspecify.annotations.NullMarked;
