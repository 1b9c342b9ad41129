/** Arrays of floats in their two layouts, and the pool that their memory comes from. */
package thaw.kernels.cpu.memory;
