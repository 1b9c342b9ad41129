/** Winograd's minimal filtering for 3×3 filters, with stride 1 and 2. */
package thaw.kernels.cpu.winograd;
