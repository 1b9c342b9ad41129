/** Threads that divide the work of an operator, and sums that they compute in parts. */
package thaw.kernels.cpu.parallel;
