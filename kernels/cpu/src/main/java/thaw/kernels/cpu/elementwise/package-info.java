/** Element-wise operators, reductions and rearrangements. */
package thaw.kernels.cpu.elementwise;
