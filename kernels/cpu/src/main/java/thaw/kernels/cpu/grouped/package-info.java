/** Convolutions in groups of channels, such as ResNeXt's and depth-wise ones. */
package thaw.kernels.cpu.grouped;
