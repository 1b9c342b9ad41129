/** Convolutions and their gradients: the choice of an algorithm, and direct convolution. */
@NullMarked
package thaw.kernels.cpu.conv;

import org.jspecify.annotations.NullMarked;
