/** Losses, and the optimisers' updates of parameters. */
package thaw.kernels.cpu.loss;
