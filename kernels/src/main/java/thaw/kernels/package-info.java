/**
 * Arithmetic on the arrays of a device, without gradients: the {@link thaw.kernels.Backend} interface, and what its
 * implementations share.
 */
package thaw.kernels;
