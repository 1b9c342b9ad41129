/** Batch normalisation and pooling, and the loops over a channel's pixels that they share. */
package thaw.kernels.cpu.norm;
