/** Arrays of floats in their two layouts, and the pool that their memory comes from. */
@NullMarked
package thaw.kernels.cpu.memory;

import org.jspecify.annotations.NullMarked;
