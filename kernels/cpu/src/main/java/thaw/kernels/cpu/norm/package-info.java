/** Batch normalisation and pooling, and the loops over a channel's pixels that they share. */
@NullMarked
package thaw.kernels.cpu.norm;

import org.jspecify.annotations.NullMarked;
