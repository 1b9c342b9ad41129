/** Convolutions in groups of channels, such as ResNeXt's and depth-wise ones. */
@NullMarked
package thaw.kernels.cpu.grouped;

import org.jspecify.annotations.NullMarked;
