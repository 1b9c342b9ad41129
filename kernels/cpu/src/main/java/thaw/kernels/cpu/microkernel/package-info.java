/** The innermost loops of convolutions and matrix products, their epilogue, and the order of weights that they read. */
@NullMarked
package thaw.kernels.cpu.microkernel;

import org.jspecify.annotations.NullMarked;
