/**
 * Tensor operators on a device, without recording of gradients: the {@link thaw.kernels.Backend} interface, and the
 * classes that its implementations share.
 */
@NullMarked
package thaw.kernels;

import org.jspecify.annotations.NullMarked;
