/** Convolutions and their gradients: the choice of an algorithm, and direct convolution. */
package thaw.kernels.cpu.conv;
