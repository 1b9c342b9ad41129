/** Threads that divide the work of an operator, and sums that they compute in parts. */
@NullMarked
package thaw.kernels.cpu.parallel;

import org.jspecify.annotations.NullMarked;
