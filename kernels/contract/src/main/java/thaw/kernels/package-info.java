/**
 * Tensor operators on a device, without recording of gradients. {@link thaw.kernels.Backend} is the sum of the operator
 * families, one interface each ({@code …Ops}); {@link thaw.kernels.CheckedBackend} checks every call, by
 * {@link thaw.kernels.Shapes}, before the device's kernels compute it.
 */
@NullMarked
package thaw.kernels;

import org.jspecify.annotations.NullMarked;
