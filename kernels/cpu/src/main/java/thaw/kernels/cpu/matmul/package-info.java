/** Matrix products. */
package thaw.kernels.cpu.matmul;
