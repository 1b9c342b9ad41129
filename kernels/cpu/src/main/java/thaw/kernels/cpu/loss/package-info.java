/** Losses, and the optimisers' updates of parameters. */
@NullMarked
package thaw.kernels.cpu.loss;

import org.jspecify.annotations.NullMarked;
