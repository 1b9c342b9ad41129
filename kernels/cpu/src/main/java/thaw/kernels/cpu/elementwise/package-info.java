/** Element-wise operators, reductions and rearrangements. */
@NullMarked
package thaw.kernels.cpu.elementwise;

import org.jspecify.annotations.NullMarked;
