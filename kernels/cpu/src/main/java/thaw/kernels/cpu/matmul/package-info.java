/** Matrix products. */
@NullMarked
package thaw.kernels.cpu.matmul;

import org.jspecify.annotations.NullMarked;
